import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { build } from 'esbuild';

import { post, type Target } from './load.ts';

const root = join(import.meta.dirname, '../../..');

export interface Running {
  readonly target: Target;
  readonly startMs: number;
  rssMiB(): number;
  stop(): void;
}

/** As in the image: one file, with the native terminal beside it. */
export async function bundle(entry: string, folder: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['node-pty'],
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as requireOfBundle } from 'node:module';const require = requireOfBundle(import.meta.url);",
    },
  });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return outfile;
}

/** As sandbox-runtime/image/entrypoint.sh starts it. */
const IMAGE_FLAGS = ['--max-semi-space-size=4'];

/** Starts the runtime with auth off and waits for its first answer. */
export async function startRuntime(program: string, folder: string, port: number): Promise<Running> {
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    HOST: '127.0.0.1',
    PUBLIC_PORT: String(port),
    LOG_LEVEL: 'error',
    SANDFLEET_PYTHON_DIR: join(root, 'sandbox-runtime/python'),
    MALLOC_ARENA_MAX: '2',
  };
  const began = performance.now();
  const child = spawn(process.execPath, [...IMAGE_FLAGS, program], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const target = { port };
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the runtime exited with ${child.exitCode}`);
    const answered = await fetch(`http://127.0.0.1:${port}/v1/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return running(child, target, performance.now() - began);
}

export async function startFloor(program: string, file: string): Promise<Running> {
  const began = performance.now();
  const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(Number(line)));
    child.once('exit', (code) => reject(new Error(`the floor exited with ${code}`)));
  });
  await post({ port }, '/bash', { command: 'true' });
  return running(child, { port }, performance.now() - began);
}

function running(child: ChildProcess, target: Target, startMs: number): Running {
  return {
    target,
    startMs,
    rssMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: () => void child.kill('SIGTERM'),
  };
}
