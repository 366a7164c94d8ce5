import { randomUUID } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { eventually, processesWith, testBash, type Exec } from './fixtures.ts';

/** A number of seconds that no other process sleeps for. */
const unique = (): string => `3${randomUUID().replaceAll(/\D/g, '').slice(0, 5)}.${Date.now()}`;

const nothingLeft = (marker: string) => eventually('the end of all', async () => (await processesWith(marker)).length === 0);

describe('POST /v1/bash/kill', () => {
  const hidden: readonly [string, (seconds: string) => string][] = [
    ['a program', (s) => `echo up; sleep ${s}`],
    ['a pipeline', (s) => `echo up; sleep ${s} | sleep ${s} | cat`],
    ['programs in the background', (s) => `sleep ${s} & sleep ${s} & echo up; wait`],
    ['a program of another group', (s) => `set -m; sleep ${s} & echo up; wait`],
    ['a program of another session', (s) => `setsid sleep ${s} & echo up; wait`],
    ['a daemon whose parents are gone', (s) => `(setsid bash -c "sleep ${s} & sleep ${s} & disown -a" &); echo up; sleep ${s}`],
    ['a child with an environment of its own', (s) => `env -i sleep ${s} & setsid env -i sleep ${s} & echo up; wait`],
    ['a stopped program', (s) => `sleep ${s} & until grep -q ^sleep /proc/$!/cmdline; do :; done; kill -STOP $!; echo up; wait`],
    ['what ignores signals', (s) => `trap '' TERM INT HUP; echo up; sleep ${s}; sleep ${s}`],
    ['a daemon that ignores signals', (s) => `setsid bash -c "trap '' TERM INT; sleep ${s}; sleep ${s}" & echo up; wait`],
  ];
  it.for(hidden)('leaves nothing of %s', async ([, command]) => {
    await using test = await testBash({ BASH_KILL_GRACE_SECONDS: '0.3' });
    const seconds = unique();
    const run = await test.exec(command(seconds), { async_mode: true });
    await test.readUntil(run, 'up');
    await eventually('it sleeps', async () => (await processesWith(seconds)).some((line) => line.startsWith('sleep')));
    const { body } = await test.bash('kill', { session_id: run.session_id });
    expect(body.data).toMatchObject({ command_id: run.command_id, signal: 'SIGTERM', status: 'killed' });
    expect(await processesWith(seconds)).toEqual([]);
  });

  const signals: readonly [string, number][] = [
    ['SIGTERM', 143],
    ['SIGKILL', 137],
    ['SIGINT', 130],
  ];
  it.for(signals)('sends %s', async ([signal, exit_code]) => {
    await using test = await testBash({ BASH_KILL_GRACE_SECONDS: '60' });
    const run = await test.exec('echo up; sleep 300', { async_mode: true });
    await test.readUntil(run, 'up');
    const { data } = (await test.bash('kill', { session_id: run.session_id, signal })).body;
    expect(data).toEqual({ session_id: run.session_id, command_id: run.command_id, signal, status: 'killed', exit_code });
  });

  it('lets a program end in its own way, told once', async () => {
    await using test = await testBash({ BASH_KILL_GRACE_SECONDS: '60' });
    const run = await test.exec("trap 'echo bye; sleep 0.3; exit 5' TERM; echo up; sleep 300 & wait", { async_mode: true });
    await test.readUntil(run, 'up');
    const { data } = (await test.bash('kill', { session_id: run.session_id })).body;
    expect(data).toMatchObject({ status: 'killed', exit_code: 5 });
    expect((await test.readUntil(run, 'bye')).stdout).toBe('up\nbye\n');
  });

  it('touches no other command, nor what is over', async () => {
    await using test = await testBash();
    const other = await test.exec('echo up; sleep 300', { session_id: 's', async_mode: true });
    await test.exec('sleep 300', { session_id: 's', async_mode: true });
    await test.bash('kill', { session_id: 's', signal: 'SIGKILL' });
    const { data } = (await test.bash('output', { session_id: 's', command_id: other.command_id })).body;
    expect(data['command']).toMatchObject({ status: 'running' });
    const done = await test.exec('echo done', { session_id: 't' });
    const late = await test.bash('kill', { session_id: 't' });
    expect([late.body.data['status'], late.body.hint]).toEqual(['completed', 'The command was over already.']);
    expect(done.status).toBe('completed');
  });

  it('ends what a finished command left in the background', async () => {
    await using test = await testBash();
    const seconds = unique();
    const { session_id } = await test.exec(`setsid sleep ${seconds} >/dev/null 2>&1 &`);
    await eventually('it sleeps', async () => (await processesWith(seconds)).length > 0);
    await test.bash('kill', { session_id });
    expect(await processesWith(seconds)).toEqual([]);
  });

  it.for(['SIGHUP', 'SIGSTOP', 'TERM', '9', ''])('refuses %o for a signal', async (signal) => {
    await using test = await testBash();
    expect((await test.bash('kill', { session_id: 's', signal })).status).toBe(422);
  });
});

describe('the end of a bash command', () => {
  it('comes at hard_timeout for all that it started, and keeps what it wrote', async () => {
    await using test = await testBash({ BASH_KILL_GRACE_SECONDS: '0.3' });
    const seconds = unique();
    const command = `trap '' TERM; setsid sleep ${seconds} & echo begun; sleep ${seconds}; sleep ${seconds}`;
    const run = await test.exec(command, { hard_timeout: 0.5 });
    expect(run).toMatchObject({ status: 'timed_out', stdout: 'begun\n', exit_code: 137 });
    expect(await processesWith(seconds)).toEqual([]);
  });

  it('comes with the end of its session', async () => {
    await using test = await testBash();
    const seconds = unique();
    const waiting = test.exec(`sleep ${seconds}`, { session_id: 's' });
    await eventually('it sleeps', async () => (await processesWith(seconds)).length > 0);
    const { data } = (await test.bash('sessions/s/close', {})).body;
    expect(data).toEqual({ session_id: 's', status: 'closed', killed_commands: 1 });
    expect((await waiting).status).toBe('killed');
    expect(await processesWith(seconds)).toEqual([]);
    expect((await test.bash('output', { session_id: 's' })).status).toBe(404);
  });

  it('comes with the end of the server, also for daemons', async () => {
    const test = await testBash();
    const seconds = unique();
    await test.exec(`setsid bash -c 'trap "" TERM; sleep ${seconds}; sleep ${seconds}' >/dev/null 2>&1 &`);
    const waiting = test.bash<Exec>('exec', { command: `sleep ${seconds}` });
    await eventually('both sleep', async () => (await processesWith(seconds)).length > 2);
    await test[Symbol.asyncDispose]();
    expect((await waiting).body.data.status).toBe('killed');
    await nothingLeft(seconds);
  });
});
