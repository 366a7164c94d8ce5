import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundle } from './bundle.ts';

const root = resolve(import.meta.dirname, '..');
let folder: string;

beforeAll(async () => {
  // Inside the checkout, where the bundles find node-pty as they do in the image: in a node_modules above them.
  const artifacts = join(root, '.artifacts');
  await mkdir(artifacts, { recursive: true });
  folder = await mkdtemp(join(artifacts, 'bundle-'));
  await bundle(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function start(program: string, env: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [join(folder, `${program}.mjs`)], { env, encoding: 'utf8', timeout: 100_000 });
}

describe('a bundled program loads and says in one line what is missing', () => {
  it.for([
    { program: 'operator', env: {}, says: 'SANDFLEET_NAMESPACE' },
    { program: 'api', env: {}, says: 'SANDFLEET_NAMESPACE' },
    { program: 'gateway', env: {}, says: 'SANDFLEET_NAMESPACE' },
    { program: 'keys', env: {}, says: 'a command is missing' },
    { program: 'runtime', env: { PUBLIC_PORT: 'eighty' }, says: 'PUBLIC_PORT' },
  ])('$program', ({ program, env, says }) => {
    const { status, stderr } = start(program, env);
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(2);
  });
});

it('the command of the runtime’s image loads too', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(folder, 'aio.mjs'), '--version'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^aio \d/)]);
});
