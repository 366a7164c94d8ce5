import { execFile } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';
import { Command } from './command.ts';
import { eventually, openShell, outcome } from './fixtures.ts';
import { ShellSession } from './session.ts';
import { testTerminals } from './terminal-fixtures.ts';
import { waitForCommand } from './wait.ts';

describe('many callers at once', () => {
  it('get no more sessions than there may be, and none of them loses its own to another', async () => {
    await using runtime = await testRuntime({ MAX_SHELL_SESSIONS: '3' });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => runtime.post<{ output: string }>('/v1/shell/exec', { command: 'echo hi' })),
    );
    const outcomes = answers.map(({ status, body }) => (status === 200 ? body.data.output : status));
    expect(outcomes.filter((one) => one === 'hi\n').length).toBeGreaterThanOrEqual(3);
    expect(new Set(outcomes)).toEqual(new Set(['hi\n', 429]));
    await runtime.call('DELETE', '/v1/shell/sessions');
    await Promise.all(Array.from({ length: 12 }, (_, id) => runtime.post('/v1/shell/sessions/create', { id: `s${id}` })));
    await Promise.all(Array.from({ length: 12 }, () => runtime.call('GET', '/v1/shell/terminal-url')));
    const { data } = (await runtime.call<{ total_sessions: number }>('GET', '/v1/shell/sessions/stats')).body;
    expect(data.total_sessions).toBe(3);
  });

  it('share the one shell of a session that starts', async () => {
    await using shell = await openShell();
    const directory = await shell.run('mkdir own; cd own; pwd');
    const own = directory.output.trim();
    const options = { id: 'own', directory: own, env: shell.env, physical: true, noChangeTimeoutSeconds: undefined };
    const session = new ShellSession(options);
    const commands = ['echo $$', 'echo $$'].map((text) => session.exec(text, { physical: true }));
    await Promise.all([session.open(), session.open()]);
    const [first, second] = await Promise.all(commands.map(outcome));
    expect(second?.output).toBe(first?.output);
    await shell.run('cd /');
    expect(processesIn(own)).toEqual([Number(first?.output)]);
    await session.close();
    await eventually('nothing left', () => processesIn(own).length === 0);
  });

  it('may close a session while its shell starts', async () => {
    await using shell = await openShell();
    const options = { id: 'own', directory: shell.home, env: shell.env, physical: true, noChangeTimeoutSeconds: undefined };
    const session = new ShellSession(options);
    const command = session.exec('echo never', { physical: true });
    // The command has left the queue for the shell, which is not there yet.
    await eventually('the start', () => session.isBusy);
    await session.close();
    expect(await outcome(command)).toEqual({ output: '', exitCode: undefined, status: 'terminated' });
  });
});

describe('input that nothing reads', () => {
  it('is refused when too much of it waits, and forgotten with its command', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    await runtime.post('/v1/shell/exec', { id: 's', command: 'sleep 300', async_mode: true });
    const input = `${'y'.repeat(99)}\n`.repeat(6000);
    const type = () => runtime.post('/v1/shell/write', { id: 's', input, press_enter: true });
    expect([(await type()).status, (await type()).status, (await type()).status]).toEqual([200, 429, 429]);
    await runtime.post('/v1/shell/kill', { id: 's' });
    const { data } = (await runtime.post<{ output: string }>('/v1/shell/exec', { id: 's', command: 'echo on' })).body;
    expect(data.output).toContain('on\n');
  });
});

describe('a command with a NUL', () => {
  it.for([
    ['/v1/shell/exec', { command: 'echo a\u0000; echo b' }],
    ['/v1/shell/exec', { command: 'pwd', exec_dir: '/tmp\u0000' }],
    ['/v1/shell/sessions/create', { exec_dir: '/\u0000' }],
  ] as const)('is refused rather than cut: %j', async ([url, body]) => {
    await using runtime = await testRuntime();
    expect((await runtime.post(url, body)).status).toBe(422);
  });
});

describe('a terminal that its shell left', () => {
  it('ends, and what is sent to it later reaches no other file', async () => {
    await using runtime = await testTerminals();
    const client = await runtime.connect();
    await client.sees('prompt> ');
    client.enter(`echo $$ > pid; trap '' HUP; exec sleep 300 </dev/null >/dev/null 2>&1`);
    let isOpen = true;
    void client.closed.then(() => (isOpen = false));
    await eventually('the end of the terminal', () => {
      client.send({ type: 'resize', data: { cols: 90, rows: 30 } });
      client.send({ type: 'input', data: 'x' });
      return !isOpen;
    });
    expect(await client.closed).toEqual([1000, 'The shell has ended.']);
    expect((await runtime.call('GET', '/v1/shell/sessions')).body.data).toEqual({ sessions: {} });
    process.kill(Number(await readFile(join(runtime.home, 'pid'), 'utf8')), 'SIGKILL');
  });
});

describe('a viewer who does not keep up', () => {
  it('holds the shell that takes the place of one that ended, too', async () => {
    await using shell = await openShell();
    const viewer = {};
    shell.session.hold(viewer);
    await shell.run('kill -9 $$');
    const command = shell.session.exec('head -c 5000000 /dev/zero | tr "\\0" y; echo over > over', { physical: true });
    await command.started;
    // Whatever fits into the terminal may come; all of it would take the reading that is held.
    await using other = await openShell();
    await other.run('head -c 20000000 /dev/zero | tr "\\0" y');
    expect(await readFile(join(shell.home, 'over'), 'utf8').catch(() => 'not yet')).toBe('not yet');
    shell.session.release(viewer);
    await command.ended;
    expect(await readFile(join(shell.home, 'over'), 'utf8')).toBe('over\n');
  });
});

describe('a server without descriptors', () => {
  it('lives on whatever it is asked to start, says that there is no room, and works when there is', async () => {
    const program = fileURLToPath(new URL('testing/without-descriptors.ts', import.meta.url));
    const command = 'ulimit -n 512; exec "$0" --import tsx "$1"';
    const { stdout } = await promisify(execFile)('/bin/bash', ['-c', command, process.execPath, program]);
    const all = (status: number) => ({
      shell: status,
      terminal: status,
      bash: status,
      search: status,
      grep: status,
      view: status,
    });
    expect(JSON.parse(stdout)).toEqual({ before: all(200), without: all(429), after: all(200) });
  });
});

describe('a caller who hung up', () => {
  it('waits for nothing, also when that was before the wait', async () => {
    const command = new Command('sleep 300');
    expect(await waitForCommand(command, { signal: AbortSignal.abort() })).toBe('running');
  });
});

/** Ids of what has this directory as its own. */
function processesIn(directory: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === directory ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
