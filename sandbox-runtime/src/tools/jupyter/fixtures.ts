import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createLogger, loadConfig } from '@sandfleet/server-kit';

import { childEnvironment, ConfigSchema } from '../../config.ts';
import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { Kernels } from './kernels.ts';
import type { HostOutput } from './protocol.ts';

/** What the scripted host's kernels take for code. */
export type Step =
  | { readonly say: HostOutput }
  | { readonly show: 'cwd' | 'kernel' | 'environment' }
  /** Raw text among its events. */
  | { readonly write: string }
  | { readonly until: string }
  | { readonly sleeps: true }
  | { readonly stubborn: true }
  | { readonly dies: true }
  | { readonly host: 'dies' | 'stops' };

export const code = (...steps: readonly Step[]): string => JSON.stringify(steps);
export const line = (text: string): Step => ({ say: { type: 'stream', name: 'stdout', text } });

/** An interpreter whose kernels are scripted: a real process, but no Python. */
export async function scriptedPython() {
  const folder = await mkdtemp(join(tmpdir(), 'scripted-host-'));
  const python = join(folder, 'python3');
  const script = fileURLToPath(new URL('testing/scripted-host.mjs', import.meta.url));
  await writeFile(python, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
  await chmod(python, 0o755);
  return { python, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export async function kernelRuntime(env: Readonly<Record<string, string>> = {}): Promise<TestRuntime> {
  const { python, remove } = await scriptedPython();
  const runtime = await testRuntime({ SANDFLEET_PYTHON: python, ...env });
  return {
    ...runtime,
    [Symbol.asyncDispose]: async () => {
      await runtime[Symbol.asyncDispose]();
      await remove();
    },
  };
}

/** The kernels alone, as other tools use them. */
export async function scriptedKernels(): Promise<{ readonly kernels: Kernels } & AsyncDisposable> {
  const { python, folder, remove } = await scriptedPython();
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, SANDFLEET_PYTHON: python };
  const config = loadConfig(ConfigSchema, env);
  const log = createLogger({ name: 'test', level: 'silent' });
  const kernels = new Kernels({ config, env: childEnvironment(env, config), places: { home: folder, workspace: folder }, log });
  return {
    kernels,
    [Symbol.asyncDispose]: async () => {
      await kernels.closeAll();
      await remove();
    },
  };
}

export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/\) [ZX] /.test(stat);
}

/** Processes below one, all generations. */
export async function descendants(root: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${root}/task/${root}/children`, 'utf8').catch(() => '');
  const pids = children
    .split(' ')
    .filter((pid) => pid !== '')
    .map(Number);
  return [...pids, ...(await Promise.all(pids.map(descendants))).flat()];
}
