import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { RecordFile } from './record-file.ts';

const exec = promisify(execFile);

describe('RecordFile', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'records-test-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const read = (name: string) => readFile(join(folder, name), 'utf8');

  it('writes lines that only its user may read', async () => {
    const file = new RecordFile(folder, 'a', 1000);
    await file.append({ n: 1 });
    await file.append({ n: 2 });
    await file.close();
    expect(await read('a.jsonl')).toBe('{"n":1}\n{"n":2}\n');
    expect((await stat(join(folder, 'a.jsonl'))).mode & 0o777).toBe(0o600);
  });

  it('keeps the newest records in two files, and drops one that is too large for any', async () => {
    const file = new RecordFile(folder, 'a', 20);
    for (let n = 0; n < 9; n++) await file.append({ n });
    await file.append('x'.repeat(100));
    await file.close();
    expect([await read('a.older.jsonl'), await read('a.jsonl')]).toEqual(['{"n":6}\n{"n":7}\n', '{"n":8}\n']);
  });

  it('makes no file where there is nothing to record', async () => {
    await new RecordFile(folder, 'a', 1000).close();
    expect(await readdir(folder)).toEqual([]);
  });

  const attacks: readonly [string, (path: string) => Promise<unknown>][] = [
    ['a link to a file of the user', (path) => symlink(join(folder, 'mine'), path)],
    ['a pipe that nobody reads', (path) => exec('mkfifo', [path])],
    ['a file', (path) => writeFile(path, 'mine')],
  ];
  it.for(attacks)('neither follows nor waits for %s in its place', async ([, place]) => {
    await writeFile(join(folder, 'mine'), 'mine');
    await place(join(folder, 'a.jsonl'));
    const file = new RecordFile(folder, 'a', 1000);
    await file.append({ n: 1 });
    await file.close();
    expect(await read('mine')).toBe('mine');
  });

  it('goes on when its file and its directory are taken away', async () => {
    const file = new RecordFile(folder, 'a', 20);
    await file.append({ n: 1 });
    await unlink(join(folder, 'a.jsonl'));
    await rm(folder, { recursive: true });
    for (let n = 0; n < 5; n++) await file.append({ n });
    await file.close();
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });
});
