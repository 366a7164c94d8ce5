import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { transfer } from './load.ts';
import { startFloor, type Running } from './servers.ts';

export interface FileCase {
  readonly name: string;
  readonly connections: number;
  readonly call: () => Promise<unknown>;
}

const MIB = 1024 * 1024;
const BOUNDARY = 'bench';

/** Up and down as bytes, beside a floor that pipes the same file; each size has a floor of its own, which goes with the runtime's. */
export async function fileCases(
  { target }: Running,
  { folder, floorProgram }: { folder: string; floorProgram: string },
): Promise<{ readonly cases: readonly FileCase[]; readonly floors: readonly Running[] }> {
  const cases: FileCase[] = [];
  const floors: Running[] = [];
  for (const size of [1, 50]) {
    const path = join(folder, `transfer-${size}`);
    writeFileSync(path, '');
    truncateSync(path, size * MIB);
    const floor = await startFloor(floorProgram, path);
    floors.push(floor);
    const content = Buffer.alloc(size * MIB);
    const form = formOf(`${path}.up`, content);
    const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
    const query = `?path=${encodeURIComponent(path)}`;
    const row = (name: string, call: () => Promise<unknown>): FileCase => ({
      name: `${name} of ${size} MiB`,
      connections: 1,
      call,
    });
    cases.push(
      row('file/download', () => transfer(target, { path: `/v1/file/download${query}`, method: 'GET' })),
      row('floor, file down', () => transfer(floor.target, { path: '/file', method: 'GET' })),
      row('file/upload', () => transfer(target, { path: '/v1/file/upload', method: 'POST', headers }, form)),
      row('floor, file up', () => transfer(floor.target, { path: '/file', method: 'POST' }, content)),
    );
  }
  return { cases, floors };
}

function formOf(path: string, content: Buffer): Buffer {
  const part = (disposition: string) => `--${BOUNDARY}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`;
  const head = `${part('name="path"')}${path}\r\n${part('name="file"; filename="file"')}`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
}
