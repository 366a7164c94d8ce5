import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { eventually, openShell } from '../tools/shell/fixtures.ts';
import { runHook, type HookOptions } from './run-hook.ts';

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('runHook()', () => {
  let home: string;
  beforeEach(async () => void (home = await realpath(await mkdtemp(join(tmpdir(), 'hook-test-')))));
  afterEach(() => rm(home, { recursive: true, force: true }));

  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', MINE: 'yes' };
  const run = (command: string, options: Partial<HookOptions> = {}) =>
    runHook({ command, env, directory: home, timeoutMs: 600_000, leftovers: 'killed', ...options });
  const pidOf = async (name: string) => Number(await readFile(join(home, name), 'utf8'));

  it('runs bash in its directory with its environment and tells both outputs and the exit code', async () => {
    const outcome = await run('[[ a == a ]] && echo "$MINE $PWD"; echo oops >&2; exit 3');
    expect(outcome).toMatchObject({ exitCode: 3, timedOut: false, cut: false });
    expect(outcome.output.split('\n').toSorted()).toEqual(['', 'oops', `yes ${home}`]);
  });

  const commands: readonly [string, string][] = [
    ['begins like an option', '-x'],
    ['is empty', ''],
    ['is no bash', 'if ('],
  ];
  it.for(commands)('takes a command that %s for a command', async ([, command]) => {
    expect(typeof (await run(command)).exitCode).toBe('number');
  });

  it('runs in the root where its directory is not there', async () => {
    expect((await run('pwd', { directory: '/nowhere' })).output).toBe('/\n');
  });

  it('keeps the end of a long output', async () => {
    const outcome = await run('head -c 100000 /dev/zero | tr "\\0" x; echo the end');
    expect([outcome.cut, outcome.output.length, outcome.output.slice(-8)]).toEqual([true, 16 * 1024, 'the end\n']);
  });

  it('kills a hook that takes too long with all that it started', async () => {
    const outcome = await run('sleep 1000 & echo $! >child; echo begun; wait', { timeoutMs: 1500 });
    expect(outcome).toMatchObject({ timedOut: true, output: 'begun\n' });
    expect(outcome.exitCode).toBeUndefined();
    const child = await pidOf('child');
    await eventually('the end of the child', () => !alive(child));
  });

  it('kills it when the signal comes, even before it began', async () => {
    const controller = new AbortController();
    const running = run('echo $$ >pid; sleep 1000', { signal: controller.signal });
    await eventually('its start', async () => (await pidOf('pid').catch(() => 0)) > 0);
    controller.abort();
    expect((await running).exitCode).toBeUndefined();
    expect((await run('sleep 1000', { signal: controller.signal })).exitCode).toBeUndefined();
  });

  it('kills what a shutdown hook left in the background', async () => {
    expect((await run('sleep 1000 & echo $! >child')).exitCode).toBe(0);
    const child = await pidOf('child');
    await eventually('the end of the child', () => !alive(child));
  });

  it('leaves a service alone that a start-up hook began, and reads what it goes on writing', async () => {
    const service = '(for i in $(seq 100000); do echo line; done; echo done >written; sleep 1000) & echo $! >child';
    expect((await run(service, { leftovers: 'stay' })).exitCode).toBe(0);
    const child = await pidOf('child');
    await eventually('all of its output', async () => (await readFile(join(home, 'written'), 'utf8').catch(() => '')) !== '');
    expect(alive(child)).toBe(true);
    process.kill(child, 'SIGKILL');
  });

  it('hands on no file that the server has open', async () => {
    // Terminals of sessions are open in the server so that every child inherits them.
    await using _ = await openShell();
    expect((await run('ls /proc/$$/fd; true')).output.trim().split('\n')).toEqual(['0', '1', '2']);
  });
});
