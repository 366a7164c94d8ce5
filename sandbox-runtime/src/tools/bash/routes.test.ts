import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { eventually, testBash, type Exec, type Output } from './fixtures.ts';

const notFound = { status: 404, body: { success: false, message: 'Session not found', data: null } };

describe('POST /v1/bash/output', () => {
  it('splits no letter between two answers', async () => {
    await using test = await testBash();
    const run = await test.exec("printf 'a\\xe2\\x82'; read -r x; printf '\\xac'; read -r x; printf '\\xf0'", {
      session_id: 's',
      async_mode: true,
    });
    await eventually(
      'the first bytes',
      async () => (await test.bash<Output>('output', { session_id: 's' })).body.data.offset > 0,
    );
    const first = (await test.bash<Output>('output', { session_id: 's' })).body.data;
    expect([first.stdout, first.offset]).toEqual(['a', 1]);
    const silent = await test.bash<Output>('output', { session_id: 's', offset: 1, wait: true, wait_timeout: 0.3 });
    expect([silent.body.data.stdout, silent.body.data.offset]).toEqual(['', 1]);
    const waiting = test.bash<Output>('output', { session_id: 's', offset: 1, wait: true, wait_timeout: 60 });
    await test.bash('write', { session_id: 's', input: '\n' });
    expect((await waiting).body.data).toMatchObject({ stdout: '€', offset: 4, command: { status: 'running' } });
    await test.bash('write', { session_id: 's', input: '\n' });
    expect((await test.readUntil(run, '\u{fffd}')).stdout).toBe('a€\u{fffd}');
  });

  it('comes when the command ends without a word', async () => {
    await using test = await testBash();
    await test.exec('read -r x; exit 7', { session_id: 's', async_mode: true });
    const waiting = test.bash<Output>('output', { session_id: 's', wait: true, wait_timeout: 60 });
    await test.bash('write', { session_id: 's', input: '\n' });
    expect((await waiting).body.data).toMatchObject({ stdout: '', command: { status: 'completed', exit_code: 7 } });
  });

  it('is empty where nothing ran', async () => {
    await using test = await testBash();
    await test.bash('sessions/create', { session_id: 's' });
    expect((await test.bash('output', { session_id: 's', wait: true })).body.data).toEqual({
      session_id: 's',
      stdout: '',
      stderr: '',
      offset: 0,
      stderr_offset: 0,
    });
  });

  it('does not know other commands, nor those that gave way', async () => {
    await using test = await testBash({ BASH_FINISHED_COMMANDS: '2' });
    const runs: Exec[] = [];
    for (const word of ['a', 'b', 'c']) runs.push(await test.exec(`echo ${word}`, { session_id: 's' }));
    const read = async ({ command_id }: { command_id: string }) =>
      (await test.bash<Output | null>('output', { session_id: 's', command_id })).body.data?.stdout;
    expect(await Promise.all(runs.map(read))).toEqual([undefined, 'b\n', 'c\n']);
    const unknown = await test.bash('output', { session_id: 's', command_id: 'nobody' });
    expect([unknown.status, unknown.body.message]).toEqual([404, 'Command not found']);
  });
});

describe('POST /v1/bash/write', () => {
  it('writes what it is given, byte by byte, and ends the input', async () => {
    await using test = await testBash();
    const run = await test.exec('wc -c', { session_id: 's', async_mode: true });
    expect((await test.bash('write', { session_id: 's', input: 'é€\n' })).body.data).toMatchObject({
      bytes_written: 6,
      eof: false,
    });
    await test.bash('write', { session_id: 's', command_id: run.command_id, input: '', eof: true });
    expect((await test.readUntil(run, '\n')).stdout.trim()).toBe('6');
  });

  const closed = [
    ['nothing ran', undefined],
    ['the command is over', 'true'],
    ['the command closed its input', 'exec <&-; echo closed; sleep 300'],
  ] as const;
  it.for(closed)('is a conflict where %s', async ([, command]) => {
    await using test = await testBash();
    await test.bash('sessions/create', { session_id: 's' });
    if (command !== undefined) await test.readUntil(await test.exec(command, { session_id: 's', async_mode: true }), 'closed');
    const answer = await test.bash('write', { session_id: 's', input: 'x' });
    expect([answer.status, answer.body.success]).toEqual([409, false]);
  });

  it('is a conflict behind the end of the input', async () => {
    await using test = await testBash();
    await test.exec('cat; sleep 300', { session_id: 's', async_mode: true });
    await test.bash('write', { session_id: 's', input: 'x', eof: true });
    expect((await test.bash('write', { session_id: 's', input: 'x' })).status).toBe(409);
  });

  it('takes no more than its queue while the command does not read', async () => {
    await using test = await testBash();
    await test.exec('sleep 300', { session_id: 's', async_mode: true });
    const write = () => test.bash('write', { session_id: 's', input: 'x'.repeat(600_000) });
    expect([(await write()).status, (await write()).status]).toEqual([200, 429]);
  });
});

describe('bash sessions', () => {
  it('are not there for an id that nobody made', async () => {
    await using test = await testBash();
    expect(await test.bash('output', { session_id: 'nobody' })).toEqual(notFound);
    expect(await test.bash('write', { session_id: 'nobody', input: '' })).toEqual(notFound);
    expect(await test.bash('kill', { session_id: 'nobody' })).toEqual(notFound);
    expect(await test.bash('sessions/nobody/close', {})).toEqual(notFound);
  });

  it('are made from an empty body, and found again by their id', async () => {
    await using test = await testBash();
    const made = await test.runtime.post<{ session_id: string }>('/v1/bash/sessions/create');
    expect(made.body.data).toEqual({
      session_id: expect.stringMatching(/^[\w-]{8,}$/),
      status: 'ready',
      working_dir: test.runtime.home,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      last_used_at: expect.stringMatching(/Z$/),
      command_count: 0,
    });
    const { session_id } = made.body.data;
    await test.exec('true', { session_id });
    const again = await test.bash('sessions/create', { session_id, exec_dir: '/usr' });
    expect(again.body.data).toMatchObject({ session_id, command_count: 1, working_dir: '/usr' });
  });

  it('source their snapshot before each command', async () => {
    await using test = await testBash();
    const snapshot_path = join(test.runtime.home, "it's $HOME.sh");
    await writeFile(snapshot_path, 'shopt -s expand_aliases; alias hello="echo hi"; f() { echo f$1; }; export A=1; cat');
    await test.bash('sessions/create', { session_id: 's', snapshot_path });
    for (let turn = 0; turn < 2; turn += 1)
      expect(await test.exec('hello; f 2; echo $A; A=9', { session_id: 's' })).toMatchObject({
        stdout: 'hi\nf2\n1\n',
        stderr: '',
      });
    await writeFile(snapshot_path, 'if then');
    expect(await test.exec('echo on', { session_id: 's' })).toMatchObject({ stdout: 'on\n', exit_code: 0 });
    const missing = await test.bash('sessions/create', { snapshot_path: '/no/such' });
    expect([missing.status, missing.body.message]).toEqual([400, 'snapshot_path /no/such is not a file']);
  });

  it('give way when they are idle, oldest first, and refuse when all are busy', async () => {
    await using test = await testBash({ MAX_BASH_SESSIONS: '2' });
    await test.exec('true', { session_id: 'old' });
    await test.exec('sleep 300', { session_id: 'busy', async_mode: true });
    await test.exec('sleep 300', { session_id: 'next', async_mode: true });
    expect(await test.bash('output', { session_id: 'old' })).toEqual(notFound);
    const refused = await test.runtime.app.inject({ method: 'POST', url: '/v1/bash/exec', payload: { command: 'true' } });
    expect([refused.statusCode, refused.headers['retry-after'], refused.json<{ message: string }>().message]).toEqual([
      429,
      '5',
      'All 2 bash sessions are busy.',
    ]);
  });
});
