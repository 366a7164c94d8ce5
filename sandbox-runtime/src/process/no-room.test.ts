import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { toStartError } from './no-room.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('testing/without-descriptors.ts', import.meta.url));

describe('a server without descriptors', () => {
  it('lives on whatever it is asked to start, and says that there is no room', async () => {
    const command = 'ulimit -n 128; exec "$0" --import tsx "$1"';
    const { stdout } = await run('/bin/bash', ['-c', command, process.execPath, program]);
    expect(JSON.parse(stdout)).toEqual({
      bounded: 'TOO_MANY_REQUESTS',
      fed: 'TOO_MANY_REQUESTS',
      node: 'TOO_MANY_REQUESTS',
      kernels: 'TOO_MANY_REQUESTS',
      hook: 'none',
      table: 0,
    });
  });
});

describe('toStartError()', () => {
  it.for(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'])('tells %s as a matter of time', (code) => {
    const error = Object.assign(new Error(`spawn ${code}`), { code });
    expect(toStartError(error)).toMatchObject({ code: 'TOO_MANY_REQUESTS', status: 429, cause: error });
  });

  it('leaves other errors as they are', () => {
    const error = Object.assign(new Error('spawn ENOENT'), { code: 'ENOENT' });
    expect(toStartError(error)).toBe(error);
  });
});
