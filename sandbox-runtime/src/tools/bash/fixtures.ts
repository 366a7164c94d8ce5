import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { testRuntime, type Answer, type TestRuntime } from '../../fixtures.ts';

export interface Exec {
  readonly session_id: string;
  readonly command_id: string;
  readonly command: string;
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit_code?: number;
  readonly offset: number;
  readonly stderr_offset: number;
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly offset: number;
  readonly stderr_offset: number;
  readonly command?: { readonly command_id: string; readonly status: string; readonly exit_code?: number };
}

export interface TestBash extends AsyncDisposable {
  readonly runtime: TestRuntime;
  exec(command: string, options?: object): Promise<Exec>;
  /** Reads until a text has come or the command is over. */
  readUntil(run: Exec, text: string): Promise<Output>;
  bash<T = Record<string, unknown>>(path: string, body: object): Promise<Answer<T>>;
}

const PROGRAMS = join(import.meta.dirname, '../../../python');

export async function testBash(env: Readonly<Record<string, string>> = {}): Promise<TestBash> {
  const runtime = await testRuntime({ SANDFLEET_PYTHON_DIR: PROGRAMS, ...env });
  const bash: TestBash['bash'] = (path, body) => runtime.post(`/v1/bash/${path}`, body);
  return {
    runtime,
    bash,
    exec: async (command, options = {}) => (await bash<Exec>('exec', { command, ...options })).body.data,
    readUntil: async ({ session_id, command_id }, text) => {
      let [stdout, stderr, offset, stderr_offset] = ['', '', 0, 0];
      for (;;) {
        const options = { session_id, command_id, offset, stderr_offset, wait: true, wait_timeout: 60 };
        const { data } = (await bash<Output>('output', options)).body;
        [stdout, stderr, offset, stderr_offset] = [stdout + data.stdout, stderr + data.stderr, data.offset, data.stderr_offset];
        if (stdout.includes(text) || data.command?.status !== 'running') return { ...data, stdout, stderr };
      }
    },
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

/** Command lines of the processes there are, with `marker` in them. */
export async function processesWith(marker: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(marker));
}

/** Waits until `check` holds; a busy machine only makes it later. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
