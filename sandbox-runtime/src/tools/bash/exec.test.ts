import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { eventually, testBash, type Exec, type Output } from './fixtures.ts';

describe('POST /v1/bash/exec', () => {
  const exact: readonly [string, string, string, string, number][] = [
    ['both streams apart', 'echo out; echo err >&2', 'out\n', 'err\n', 0],
    ['an exit code', 'exit 42', '', '', 42],
    ['a failing command', 'no-such-command', '', '/bin/bash: line 1: no-such-command: command not found\n', 127],
    ['a syntax error', 'a\nif then', '', expect.stringContaining('line 2: syntax error') as unknown as string, 2],
    ['the streams by name', 'echo a >/dev/stdout; echo b >/dev/stderr; : </dev/stdin', 'a\n', 'b\n', 0],
    ['a signal', 'kill -9 $$', '', '', 137],
    ['letters beyond ASCII', "printf 'ü€😀'; printf '\\xff' >&2", 'ü€😀', '\u{fffd}', 0],
    ['no other arguments', 'echo $# "$0"', '0 /bin/bash\n', '', 0],
    ['a broken pipe as programs expect it', 'yes | head -n 1; echo "${PIPESTATUS[0]}"', 'y\n141\n', '', 0],
  ];
  it.for(exact)('answers with %s', async ([, command, stdout, stderr, exit_code]) => {
    await using test = await testBash();
    expect(await test.exec(command)).toMatchObject({ command, stdout, stderr, exit_code, status: 'completed' });
  });

  it('gives a command its own session and nothing of the server', async () => {
    await using test = await testBash({ SANDFLEET_SANDBOX: 'x', GITHUB_TOKEN: 'mine' });
    // A terminal of another tool, whose library leaves it open for children.
    await test.runtime.post('/v1/shell/exec', { command: 'true' });
    const { stdout } = await test.exec('echo $$ $(cut -d" " -f5,6 /proc/$$/stat); ls /proc/$$/fd; env; set');
    const [pids = '', ...rest] = stdout.split('\n');
    const [pid, group, session] = pids.split(' ');
    expect([group, session]).toEqual([pid, pid]);
    expect(rest.slice(0, 4)).toEqual(['0', '1', '2', expect.stringContaining('=')]);
    expect(stdout).toContain('GITHUB_TOKEN=mine\n');
    expect(stdout).not.toMatch(/SANDFLEET|JWT|PUBLIC_PORT|MAX_BASH/);
  });

  it('carries over neither directory nor variables, but the exec_dir', async () => {
    await using test = await testBash();
    const first = await test.exec('cd /usr; export A=1; pwd', { exec_dir: '/tmp' });
    const { session_id } = first;
    expect((await test.exec('pwd; echo "[$A]"', { session_id })).stdout).toBe('/tmp\n[]\n');
    await mkdir(join(test.runtime.home, "a 'b'"));
    await test.exec('true', { session_id, exec_dir: "a 'b'" });
    expect((await test.exec('pwd', { session_id })).stdout).toBe(`${test.runtime.home}/a 'b'\n`);
  });

  it('makes the session of an id that it does not know', async () => {
    await using test = await testBash();
    expect(await test.exec('pwd', { session_id: 'mine' })).toMatchObject({
      session_id: 'mine',
      stdout: `${test.runtime.home}\n`,
    });
    const ids = [await test.exec('true'), await test.exec('true', { session_id: '' })].map(({ session_id }) => session_id);
    expect(new Set([...ids, 'mine', '']).size).toBe(4);
  });

  it('sets variables for one command, and takes them out for null', async () => {
    await using test = await testBash({ OLD: 'old' });
    const first = await test.exec('echo "[$A][$OLD]"', { session_id: 's', env: { A: '$(id) "ü', OLD: null } });
    expect(first.stdout).toBe('[$(id) "ü][]\n');
    expect((await test.exec('echo "[$A][$OLD]"', { session_id: 's' })).stdout).toBe('[][old]\n');
  });

  const many = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`A${index}`, '']));
  const refused: readonly [string, object, readonly unknown[], string][] = [
    ['no command', {}, ['body', 'command'], 'required'],
    ['an empty command', { command: '' }, ['body', 'command'], 'minLength'],
    ['a NUL in the command', { command: 'a\0b' }, ['body', 'command'], 'pattern'],
    ['a NUL in a value', { command: 'true', env: { A: '\0' } }, ['body', 'env', 'A'], 'pattern'],
    ['a NUL in the directory', { command: 'true', exec_dir: '/\0' }, ['body', 'exec_dir'], 'pattern'],
    ['a name with =', { command: 'true', env: { 'A=B': '' } }, ['body', 'env', 'A=B'], 'additionalProperties'],
    ['an empty name', { command: 'true', env: { '': '' } }, ['body', 'env', ''], 'additionalProperties'],
    ['a function', { command: 'true', env: { 'BASH_FUNC_ls%%': '' } }, ['body', 'env', 'BASH_FUNC_ls%%'], 'additionalProperties'],
    ['a number as value', { command: 'true', env: { A: 1 } }, ['body', 'env', 'A'], 'type'],
    ['too many variables', { command: 'true', env: many }, ['body', 'env'], 'maxProperties'],
    ['a negative timeout', { command: 'true', timeout: -1 }, ['body', 'timeout'], 'minimum'],
    ['a negative length', { command: 'true', max_output_length: -1 }, ['body', 'max_output_length'], 'minimum'],
  ];
  it.for(refused)('refuses %s', async ([, body, loc, type]) => {
    await using test = await testBash();
    const answer = await test.runtime.app.inject({ method: 'POST', url: '/v1/bash/exec', payload: body });
    expect([answer.statusCode, answer.json<{ detail: unknown[] }>().detail[0]]).toEqual([
      422,
      { loc, msg: expect.any(String), type },
    ]);
  });

  it('takes null for every optional field', async () => {
    await using test = await testBash();
    const names = ['session_id', 'exec_dir', 'env', 'async_mode', 'timeout', 'hard_timeout', 'max_output_length'];
    const nulls = Object.fromEntries(names.map((name) => [name, null]));
    expect((await test.exec('echo hi', nulls)).stdout).toBe('hi\n');
  });

  it('refuses a directory that is not there, and one that went away', async () => {
    await using test = await testBash();
    const missing = await test.bash('exec', { command: 'true', session_id: 's', exec_dir: '/no/such' });
    expect([missing.status, missing.body.message]).toEqual([400, 'exec_dir /no/such is not a directory']);
    expect((await test.runtime.call('GET', '/v1/bash/sessions')).body.data).toEqual([]);
    await mkdir(join(test.runtime.home, 'gone'));
    await test.exec('rmdir "$PWD"', { session_id: 's', exec_dir: 'gone' });
    const gone = await test.bash('exec', { command: 'true', session_id: 's' });
    expect([gone.status, gone.body.message]).toEqual([400, expect.stringContaining('give another exec_dir')]);
  });

  it('runs commands longer than the system takes in one argument', async () => {
    await using test = await testBash();
    const text = 'é😀'.repeat(60_000);
    const { stdout } = await test.exec(`echo $# '${text}'`, { max_output_length: 0 });
    expect(stdout === `0 ${text}\n`).toBe(true);
    const more = await test.bash('exec', {
      command: 'true',
      env: Object.fromEntries(
        Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', (name) => [name, 'x'.repeat(130_000)]),
      ),
    });
    expect([more.status, more.body.message]).toEqual([400, expect.stringContaining('too long')]);
  });

  it('cuts the middle out of long output of each stream, and leaves it whole when told to', async () => {
    await using test = await testBash();
    const command = 'seq 1 20000; seq 1 20000 >&2';
    const cut = await test.exec(command);
    for (const text of [cut.stdout, cut.stderr]) {
      expect(text).toMatch(/^1\n2\n3\n.*\n\[\.\.\. \d+ characters omitted \.\.\.\]\n.*\n19999\n20000\n$/s);
      expect(text.length).toBeLessThan(50_100);
    }
    const all = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(cut.offset).toBe(all.length);
    expect((await test.exec(command, { max_output_length: 0 })).stdout).toBe(all);
    const short = await test.exec('echo abcdefghij', { max_output_length: 4 });
    expect(short.stdout).toBe('ab\n[... 7 characters omitted ...]\nj\n');
  });

  it('keeps the last of output, and says what is missing', async () => {
    await using test = await testBash({ BASH_OUTPUT_BYTES: '10000' });
    const answer = await test.bash<Exec>('exec', { command: 'seq 1 10000', max_output_length: 0 });
    expect(answer.body.data.stdout.length).toBe(10_000);
    expect(answer.body.data.stdout.endsWith('9999\n10000\n')).toBe(true);
    expect(answer.body.hint).toBe('38894 bytes of stdout are missing here: only the last of long output is kept.');
    const { session_id } = answer.body.data;
    const read = await test.bash<Output>('output', { session_id, offset: 48_884 });
    expect([read.body.data.stdout, read.body.data.offset, read.body.hint]).toEqual(['9999\n10000\n'.slice(1), 48_894, undefined]);
  });

  it('lets the oldest output go when all of it is too much', async () => {
    await using test = await testBash({ BASH_TOTAL_OUTPUT_BYTES: '20000', BASH_OUTPUT_BYTES: '16000' });
    const first = await test.exec('printf %015000d 1');
    const second = await test.exec('printf %015000d 2', { max_output_length: 0 });
    expect(second.stdout.length).toBe(15_000);
    const { body } = await test.bash<Output>('output', { session_id: first.session_id });
    expect([body.data.stdout, body.hint]).toEqual(['', expect.stringContaining('15000 bytes of stdout are missing')]);
  });

  it('waits for programs in the background no longer than a moment, and reads on', async () => {
    await using test = await testBash();
    const answer = await test.bash<Exec>('exec', {
      command: '(until [ -e go ]; do sleep 0.02; done; echo late) & echo now',
    });
    expect([answer.body.data.status, answer.body.data.stdout, answer.body.hint]).toEqual([
      'completed',
      'now\n',
      expect.stringContaining('in the background'),
    ]);
    await writeFile(join(test.runtime.home, 'go'), '');
    const { session_id, offset } = answer.body.data;
    await eventually('the background wrote', async () => {
      const { data } = (await test.bash<Output>('output', { session_id, offset })).body;
      return data.stdout === 'late\n';
    });
  });

  it('answers running at timeout, and the command goes on', async () => {
    await using test = await testBash();
    const run = await test.exec('echo a; until [ -e go ]; do sleep 0.02; done; echo b; exit 3', { timeout: 1 });
    expect([run.status, run.stdout, run.offset, run.exit_code]).toEqual(['running', 'a\n', 2, undefined]);
    await writeFile(join(test.runtime.home, 'go'), '');
    const end = await test.readUntil(run, 'nothing');
    expect([end.stdout, end.command]).toEqual([
      'a\nb\n',
      { command_id: run.command_id, command: run.command, status: 'completed', exit_code: 3 },
    ]);
  });

  it('runs commands of one session beside each other, and the latest is meant', async () => {
    await using test = await testBash();
    const first = await test.exec('echo 1; cat', { session_id: 's', async_mode: true });
    const second = await test.exec('echo 2; cat', { session_id: 's', async_mode: true });
    expect([first.status, first.stdout, first.offset]).toEqual(['running', '', 0]);
    expect((await test.readUntil(first, '1')).stdout).toBe('1\n');
    expect((await test.bash<Output>('output', { session_id: 's', wait: true })).body.data.stdout).toBe('2\n');
    await test.bash('write', { session_id: 's', input: 'to the second', eof: true });
    expect((await test.readUntil(second, 'nothing')).stdout).toBe('2\nto the second');
    const info = (await test.runtime.call<object[]>('GET', '/v1/bash/sessions')).body.data;
    expect(info).toEqual([expect.objectContaining({ current_command: 'echo 1; cat', command_count: 2, status: 'ready' })]);
  });

  it('frees a caller that hung up, and the command goes on', async () => {
    await using test = await testBash();
    const { app, home } = test.runtime;
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as { port: number };
    const controller = new AbortController();
    const call = fetch(`http://127.0.0.1:${port}/v1/bash/exec`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session_id: 's', command: 'until [ -e go ]; do sleep 0.02; done; echo done' }),
      signal: controller.signal,
    });
    await eventually(
      'it runs',
      async () => (await test.bash('output', { session_id: 's' })).body.data?.['command'] !== undefined,
    );
    controller.abort();
    await expect(call).rejects.toThrow();
    await writeFile(join(home, 'go'), '');
    await eventually(
      'it ends',
      async () => (await test.bash<Output>('output', { session_id: 's' })).body.data.stdout === 'done\n',
    );
  });

  it('refuses more commands than may run', async () => {
    await using test = await testBash({ MAX_BASH_COMMANDS: '2' });
    for (let index = 0; index < 2; index += 1) await test.exec('sleep 300', { async_mode: true });
    const refused = await test.bash('exec', { command: 'true' });
    expect([refused.status, refused.body.message]).toEqual([429, '2 bash commands run already.']);
  });

  it('gives up on programs in the background before it refuses', async () => {
    await using test = await testBash({ MAX_BASH_COMMANDS: '1' });
    await test.exec('sleep 300 &');
    expect((await test.exec('echo ok')).stdout).toBe('ok\n');
  });
});
