// Starts each kind of child while no descriptor is left, and tells what came of it. Run with a low limit (`ulimit -n`).

import { runHook } from '../../startup/run-hook.ts';
import { KernelHost } from '../../tools/jupyter/kernel-host.ts';
import { NodeProcess } from '../../tools/nodejs/node-process.ts';
import { readProcessTable } from '../../tools/observe/processes.ts';
import { runBounded } from '../bounded-process.ts';
import { startFedProcess } from '../fed-process.ts';
import { holdDescriptors } from './hold-descriptors.ts';

const env = { PATH: '/usr/bin:/bin' };
const signal = new AbortController().signal;
const timeoutMs = 60_000;

const kinds: Readonly<Record<string, () => unknown>> = {
  bounded: () => runBounded({ command: ['true'], directory: '/', env, timeoutMs, maxOutputBytes: 10, signal }),
  fed: () => startFedProcess(['true'], env),
  node: () => new NodeProcess({ binary: process.execPath, source: '', cwd: '/', env, outputLimit: 10 }),
  kernels: () => new KernelHost({ python: 'python3', script: '/nonexistent', outputBytes: 10, env }),
  hook: async () => (await runHook({ command: 'true', env, directory: '/', timeoutMs, leftovers: 'killed' })).exitCode ?? 'none',
  table: async () => (await readProcessTable()).processes.size,
};

async function attempt(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : String(error);
  }
}

// What is loaded with the first child has to be there before.
await runHook({ command: 'true', env, directory: '/', timeoutMs, leftovers: 'killed' });
const letGo = holdDescriptors();
const results: Record<string, unknown> = {};
for (const [name, run] of Object.entries(kinds)) {
  results[name] = await attempt(run);
  // Node tells of a child that it could not start a moment later, which ends a process that does not listen.
  await new Promise(setImmediate);
}
letGo();
process.stdout.write(JSON.stringify(results));
