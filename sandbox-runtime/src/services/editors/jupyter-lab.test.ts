import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { hasWork, jupyterLab } from './jupyter-lab.ts';

describe('jupyterLab()', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'jupyter-lab-test-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('has no file with its token once it runs, and nothing of a run after its end', async () => {
    const runtimeDir = join(folder, 'runtime');
    const { prepare, started, clear } = jupyterLab({
      python: 'python3',
      port: 1,
      newToken: () => 'secret',
      token: () => 'secret',
      configFile: join(folder, 'jupyter.py'),
      runtimeDir,
      env: { JUPYTER_RUNTIME_DIR: '/elsewhere' },
      workspace: '/',
      graceMs: 0,
      disabledBy: undefined,
      makeFolder: async () => {},
    });
    const [program] = await prepare(AbortSignal.timeout(600_000));
    expect(program?.env).toEqual({ JUPYTER_RUNTIME_DIR: runtimeDir, npm_config_logs_max: '0' });
    expect((await stat(runtimeDir)).mode & 0o777).toBe(0o700);
    // As the server does before it takes calls.
    for (const name of ['jpserver-7.json', 'jpserver-7-open.html', 'kernel-1.json']) await writeFile(join(runtimeDir, name), '');
    await started?.(AbortSignal.timeout(600_000));
    expect(await readdir(folder, { recursive: true })).toEqual(['runtime', 'runtime/kernel-1.json']);
    await clear?.();
    expect(existsSync(runtimeDir)).toBe(false);
  });
});

describe('hasWork()', () => {
  it.for<[string, boolean]>([
    ['[]', false],
    ['[{"id":"a","execution_state":"idle"}]', false],
    ['[{"id":"a","execution_state":"idle"},{"id":"b","execution_state":"busy"}]', true],
    ['{"message":"Forbidden"}', false],
    ['[null, 1, "busy"]', false],
  ])('reads %s', ([answer, work]) => {
    expect(hasWork(answer)).toBe(work);
  });
});
