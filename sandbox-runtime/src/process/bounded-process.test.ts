import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { spawn } from 'node-pty';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runBounded, type BoundedRun } from './bounded-process.ts';

const never = new AbortController().signal;
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
const HOUR = 3_600_000;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'bounded-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const sh = (script: string, options: Partial<BoundedRun> = {}) =>
  runBounded({
    // A bash whose input is a socket takes itself for a remote login and reads the user's files.
    command: ['bash', '--norc', '-c', script],
    directory: folder,
    env,
    timeoutMs: HOUR,
    maxOutputBytes: 1000,
    signal: never,
    ...options,
  });

/** Waits until a process is gone, or only waits for its parent to look. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined || /\) [ZX] /.test(stat)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The number that a script wrote to a file. */
async function pidIn(name: string): Promise<number> {
  for (;;) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    if (text.endsWith('\n')) return Number(text);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('runBounded()', () => {
  it('gives both outputs, the exit code and what was read', async () => {
    const result = await sh('read -r line; echo "got $line"; echo oops >&2; exit 3', { input: 'hello\n' });
    expect([result.ended, result.exitCode]).toEqual(['exit', 3]);
    expect([result.stdout.bytes.toString(), result.stderr.bytes.toString()]).toEqual(['got hello\n', 'oops\n']);
  });

  it('keeps the end of what is too long', async () => {
    const { stdout } = await sh('head -c 5000000 /dev/zero | tr "\\0" x; echo end');
    expect([stdout.cut, stdout.bytes.length, stdout.bytes.toString().endsWith('xend\n')]).toEqual([true, 1000, true]);
  });

  it('answers 127 for a command that is not there', async () => {
    expect((await sh('', { command: ['no-such-program'] })).exitCode).toBe(127);
  });

  it('ends a command that reads nothing of a long input', async () => {
    expect((await sh('exit 0', { input: 'x'.repeat(5_000_000) })).exitCode).toBe(0);
  });

  it('ends the whole group when the time is over', async () => {
    const running = sh('sleep 1000 & echo $! >timed; wait', { timeoutMs: 1500 });
    const pid = await pidIn('timed');
    expect((await running).ended).toBe('timeout');
    await gone(pid);
  });

  it('ends the whole group when it is called off', async () => {
    const controller = new AbortController();
    const running = sh('sleep 1000 & echo $! >aborted; wait', { signal: controller.signal });
    const pid = await pidIn('aborted');
    controller.abort();
    expect((await running).ended).toBe('aborted');
    await gone(pid);
  });

  it('leaves nothing in the background, and does not wait for it', async () => {
    const result = await sh('sleep 1000 & echo $! >left');
    expect(result.exitCode).toBe(0);
    await gone(await pidIn('left'));
  });

  it('does not wait for one that left the group and holds the output open', async () => {
    const result = await sh("setsid bash -c 'echo $$ >escaped; sleep 1000' & while [ ! -s escaped ]; do sleep 0.02; done");
    expect(result.exitCode).toBe(0);
    process.kill(await pidIn('escaped'), 'SIGKILL');
  });

  it('hands over no descriptor beyond the three, though there is a terminal open in the server', async () => {
    const terminal = spawn('/bin/sleep', ['1000'], {});
    try {
      const script = 'for n in {3..254}; do if [ -e /proc/$$/fd/$n ]; then readlink /proc/$$/fd/$n; fi; done';
      expect((await sh(script)).stdout.bytes.toString()).toBe('');
    } finally {
      terminal.kill('SIGKILL');
    }
  });
});
