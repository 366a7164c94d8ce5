import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { build } from 'esbuild';

import { bundle } from '../../../hack/bundle.ts';
import { post, type Target } from './load.ts';

const root = join(import.meta.dirname, '../../..');

export interface Running {
  readonly target: Target;
  readonly startMs: number;
  rssMiB(): number;
  /** Asks it to end, at once; over when it has. */
  stop(): Promise<void>;
}

/** The runtime's program as the image has it, with its packages beside it. */
export async function bundleRuntime(folder: string): Promise<string> {
  await bundle(folder);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'runtime.mjs');
}

/** The floor in one file, beside the runtime’s program and its packages. */
export async function bundleFloor(folder: string): Promise<string> {
  const outfile = join(folder, 'floor.mjs');
  await build({
    entryPoints: [join(root, 'test/bench/runtime/floor.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['node-pty'],
    logLevel: 'warning',
  });
  return outfile;
}

export interface RuntimePlace {
  readonly folder: string;
  readonly port: number;
  /** Node's own program; the image's may be another than this one. */
  readonly node: string;
}

/** The flags that the image gives to Node, from the script that starts it there. */
const imageFlags = /bin\/node (.+) \/opt\/sandfleet\/runtime\.mjs/
  .exec(readFileSync(join(root, 'sandbox-runtime/image/entrypoint.sh'), 'utf8'))![1]!
  .split(' ');

/** Starts the runtime with auth off and waits for its first answer. Compiled code is kept in the folder, as in the image. */
export async function startRuntime(program: string, { folder, port, node }: RuntimePlace): Promise<Running> {
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
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  const began = performance.now();
  const child = spawn(node, [...imageFlags, program], { env, stdio: ['ignore', 'ignore', 'inherit'] });
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
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
