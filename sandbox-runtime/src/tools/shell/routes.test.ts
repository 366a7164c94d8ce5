import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';
import { eventually } from './fixtures.ts';

interface Exec {
  readonly session_id: string;
  readonly command: string;
  readonly status: string;
  readonly output: string;
  readonly exit_code?: number;
  readonly console: readonly { readonly ps1: string; readonly command: string; readonly output: string }[];
}

interface View {
  readonly output: string;
  readonly status: string;
  readonly command?: string;
  readonly exit_code?: number;
  readonly console: readonly { readonly command: string; readonly output: string }[];
}

interface Stats {
  readonly total_sessions: number;
  readonly active_sessions: number;
  readonly max_sessions: number;
  readonly usage_ratio: number;
}

const notFound = { status: 404, body: { success: false, message: 'Session not found', data: null } };

describe('POST /v1/shell/exec', () => {
  it('makes a session, answers with its id, and runs the next command in it', async () => {
    await using runtime = await testRuntime();
    const first = await runtime.post<Exec>('/v1/shell/exec', { command: 'x=5; cd /usr; echo hi' });
    expect(first.status).toBe(200);
    expect(first.body.data).toMatchObject({
      command: 'x=5; cd /usr; echo hi',
      status: 'completed',
      output: 'hi\n',
      exit_code: 0,
    });
    expect(first.body.data.console).toEqual([
      { ps1: expect.stringMatching(/^gem@.*:~\$$/), command: 'x=5; cd /usr; echo hi', output: 'hi\n' },
    ]);
    const second = await runtime.post<Exec>('/v1/shell/exec', { id: first.body.data.session_id, command: 'echo $x; pwd' });
    expect(second.body.data.output).toBe('5\n/usr\n');
  });

  it('answers 404 with the documented body for an id that is not there', async () => {
    await using runtime = await testRuntime();
    expect(await runtime.post('/v1/shell/exec', { id: 'nobody', command: 'true' })).toEqual(notFound);
    for (const path of ['view', 'wait', 'kill'])
      expect(await runtime.post(`/v1/shell/${path}`, { id: 'nobody' })).toEqual(notFound);
    expect(await runtime.post('/v1/shell/write', { id: 'nobody', input: '', press_enter: true })).toEqual(notFound);
    expect(await runtime.call('DELETE', '/v1/shell/sessions/nobody')).toEqual(notFound);
  });

  const refused = [
    ['no command', {}, ['body', 'command'], 'required'],
    ['an empty command', { command: '' }, ['body', 'command'], 'minLength'],
    ['a number as command', { command: 1 }, ['body', 'command'], 'type'],
    ['a command of null', { command: null }, ['body', 'command'], 'required'],
    ['a timeout as text', { command: 'true', timeout: '5' }, ['body', 'timeout'], 'type'],
    ['a negative timeout', { command: 'true', timeout: -1 }, ['body', 'timeout'], 'exclusiveMinimum'],
    ['a list', [], ['body'], 'type'],
  ] as const;
  it.for(refused)('refuses %s in the documented list form', async ([, body, loc, type]) => {
    await using runtime = await testRuntime();
    const answer = await runtime.app.inject({ method: 'POST', url: '/v1/shell/exec', payload: body as object });
    expect(answer.statusCode).toBe(422);
    expect(answer.json<{ detail: unknown[] }>().detail[0]).toEqual({ loc, msg: expect.any(String), type });
  });

  it('takes null for every optional field', async () => {
    await using runtime = await testRuntime();
    const optional = [
      'id',
      'exec_dir',
      'async_mode',
      'timeout',
      'strict',
      'no_change_timeout',
      'hard_timeout',
      'preserve_symlinks',
      'truncate',
    ];
    const nulls = Object.fromEntries(optional.map((name) => [name, null]));
    expect((await runtime.post<Exec>('/v1/shell/exec', { command: 'echo hi', ...nulls })).body.data.output).toBe('hi\n');
  });

  it('stops waiting at timeout and lets the command go on', async () => {
    await using runtime = await testRuntime();
    const command = 'echo first; until [ -e go ]; do sleep 0.02; done; echo second';
    const { data } = (await runtime.post<Exec>('/v1/shell/exec', { command, timeout: 0.5 })).body;
    expect(data).toMatchObject({ status: 'running', output: 'first\n' });
    expect(data.exit_code).toBeUndefined();
    const waiting = runtime.post('/v1/shell/wait', { id: data.session_id, max_wait_seconds: 60 });
    await runtime.post('/v1/file/write', { file: 'go', content: '' });
    expect((await waiting).body.data).toEqual({ status: 'completed' });
    const view = (await runtime.post<View>('/v1/shell/view', { id: data.session_id })).body.data;
    expect(view).toMatchObject({ output: 'first\nsecond\n', status: 'completed', command, exit_code: 0 });
  });

  it('ends the command at hard_timeout and keeps what it wrote', async () => {
    await using runtime = await testRuntime();
    const { data } = (await runtime.post<Exec>('/v1/shell/exec', { command: 'echo a; sleep 300; echo b', hard_timeout: 0.5 }))
      .body;
    expect(data.status).toBe('hard_timeout');
    expect(data.output.trim()).toBe('a');
    const next = await runtime.post<Exec>('/v1/shell/exec', { id: data.session_id, command: 'echo alive' });
    expect(next.body.data.output).toBe('alive\n');
  });

  it('tells silence only where it was asked to', async () => {
    await using runtime = await testRuntime();
    const { data } = (await runtime.post<Exec>('/v1/shell/exec', { command: 'echo a; sleep 300', no_change_timeout: 1 })).body;
    expect(data).toMatchObject({ status: 'no_change_timeout', output: 'a\n' });
    expect((await runtime.post<View>('/v1/shell/view', { id: data.session_id })).body.data.status).toBe('running');
    const killed = await runtime.post<{ status: string; exit_code: number; returncode: number }>('/v1/shell/kill', {
      id: data.session_id,
    });
    expect(killed.body.data).toEqual({ status: 'terminated', exit_code: 130, returncode: 130 });
  });

  it('answers at once with async_mode', async () => {
    await using runtime = await testRuntime();
    const { data } = (await runtime.post<Exec>('/v1/shell/exec', { command: 'read x; echo "got $x"', async_mode: true })).body;
    expect(data.status).toBe('running');
    const id = data.session_id;
    await eventually('it runs', async () => {
      const answer = await runtime.post('/v1/shell/write', { id, input: 'word', press_enter: true });
      return answer.status === 200;
    });
    expect((await runtime.post('/v1/shell/wait', { id, seconds: 60 })).body.data).toEqual({ status: 'completed' });
    expect((await runtime.post<View>('/v1/shell/view', { id })).body.data.output).toBe('word\ngot word\n');
    const late = await runtime.post('/v1/shell/write', { id, input: 'late', press_enter: true });
    expect([late.status, late.body.success]).toEqual([409, false]);
  });

  it('cuts the middle out of long output, and leaves it whole when told to', async () => {
    await using runtime = await testRuntime();
    const command = 'for i in {1..20000}; do echo $i; done';
    const cut = (await runtime.post<Exec>('/v1/shell/exec', { command })).body.data.output;
    expect(cut.length).toBeLessThan(30_200);
    expect(cut.startsWith('1\n2\n3\n')).toBe(true);
    expect(cut.endsWith('19999\n20000\n')).toBe(true);
    expect(cut).toMatch(/\n\[\.\.\. \d+ characters omitted \.\.\.\]\n/);
    const whole = (await runtime.post<Exec>('/v1/shell/exec', { command, truncate: false })).body.data.output;
    expect(whole).toBe(Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join(''));
  });

  it('runs in exec_dir, falls back when there is none, and refuses when strict', async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, "a 'b'"));
    const at = (body: object) => runtime.post<Exec>('/v1/shell/exec', { command: 'pwd', ...body });
    expect((await at({ exec_dir: join(runtime.home, "a 'b'") })).body.data.output).toBe(`${runtime.home}/a 'b'\n`);
    expect((await at({ exec_dir: '/no/such/dir' })).body.data.output).toBe(`${runtime.home}\n`);
    const strict = await at({ exec_dir: '/no/such/dir', strict: true });
    expect([strict.status, strict.body]).toEqual([
      400,
      { success: false, message: 'exec_dir /no/such/dir is not a directory', data: null },
    ]);
  });

  it('hands on no secret and no setting of the server', async () => {
    await using runtime = await testRuntime({ SANDFLEET_SANDBOX: 'x', GITHUB_TOKEN: 'mine' });
    const { output } = (await runtime.post<Exec>('/v1/shell/exec', { command: 'env' })).body.data;
    expect(output).toContain('GITHUB_TOKEN=mine\n');
    expect(output).not.toMatch(/SANDFLEET|JWT|PUBLIC_PORT/);
  });

  it('says that the shell was replaced', async () => {
    await using runtime = await testRuntime();
    const { data } = (await runtime.post<Exec>('/v1/shell/exec', { command: 'exit 3' })).body;
    expect(data).toMatchObject({ status: 'completed', exit_code: 3, output: '' });
    const next = await runtime.post<Exec>('/v1/shell/exec', { id: data.session_id, command: 'echo new' });
    expect([next.body.data.output, next.body.hint]).toEqual(['new\n', expect.stringContaining('a new one runs')]);
  });

  it('gives a caller that hung up no turn in the queue', async () => {
    await using runtime = await testRuntime();
    await runtime.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = runtime.app.server.address() as { port: number };
    await runtime.post('/v1/shell/sessions/create', { id: 'q' });
    const exec = (command: string, signal?: AbortSignal) =>
      fetch(`http://127.0.0.1:${port}/v1/shell/exec`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'q', command }),
        ...(signal === undefined ? {} : { signal }),
      });
    const first = exec('until [ -e go ]; do sleep 0.02; done');
    await eventually(
      'it runs',
      async () => (await runtime.post<View>('/v1/shell/view', { id: 'q' })).body.data.status === 'running',
    );
    const controller = new AbortController();
    const second = exec('touch ran', controller.signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
    controller.abort();
    await expect(second).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await runtime.post('/v1/file/write', { file: 'go', content: '' });
    expect((await first).status).toBe(200);
    expect((await runtime.post<Exec>('/v1/shell/exec', { id: 'q', command: 'echo *' })).body.data.output).toBe('go\n');
  });
});

describe('shell sessions', () => {
  it('are made once for an id, wherever and in whatever case the call comes', async () => {
    await using runtime = await testRuntime();
    const made = await Promise.all(
      Array.from({ length: 5 }, () => runtime.post<{ session_id: string }>('/v1/shell/sessions/create', { id: 'ünï id' })),
    );
    expect(made.map(({ body }) => body.data.session_id)).toEqual(Array.from({ length: 5 }, () => 'ünï id'));
    expect((await runtime.call<Stats>('GET', '/v1/shell/sessions/stats')).body.data.total_sessions).toBe(1);
    expect((await runtime.call('DELETE', `/v1/shell/sessions/${encodeURIComponent('ünï id')}`)).status).toBe(200);
    expect((await runtime.call<Stats>('GET', '/v1/shell/sessions/stats')).body.data.total_sessions).toBe(0);
  });

  it('are made from an empty body, which stock clients send', async () => {
    await using runtime = await testRuntime();
    const { data } = (await runtime.post<{ session_id: string; working_dir: string }>('/v1/shell/sessions/create')).body;
    expect(data).toEqual({ session_id: expect.stringMatching(/^[\w-]{8,}$/), working_dir: runtime.home });
  });

  it('are listed with what they do', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 'a', exec_dir: '/usr' });
    await runtime.post('/v1/shell/exec', { command: 'sleep 300', async_mode: true });
    const { sessions } = (await runtime.call<{ sessions: Record<string, { status: string }> }>('GET', '/v1/shell/sessions')).body
      .data;
    expect(sessions['a']).toEqual({
      working_dir: '/usr',
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      last_used_at: expect.stringMatching(/Z$/),
      age_seconds: expect.any(Number),
      status: 'ready',
    });
    expect(Object.values(sessions)).toContainEqual(expect.objectContaining({ status: 'busy', current_command: 'sleep 300' }));
  });

  it('give way when they are idle, oldest first, and refuse when all are busy', async () => {
    await using runtime = await testRuntime({ MAX_SHELL_SESSIONS: '2' });
    await runtime.post('/v1/shell/sessions/create', { id: 'old' });
    await runtime.post('/v1/shell/sessions/create', { id: 'new' });
    await runtime.post('/v1/shell/exec', { id: 'new', command: 'sleep 300', async_mode: true });
    await runtime.post('/v1/shell/sessions/create', { id: 'next' });
    expect((await runtime.post('/v1/shell/view', { id: 'old' })).status).toBe(404);
    await runtime.post('/v1/shell/exec', { id: 'next', command: 'sleep 300', async_mode: true });
    const refused = await runtime.app.inject({ method: 'POST', url: '/v1/shell/exec', payload: { command: 'true' } });
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '5']);
    expect(refused.json()).toEqual({ success: false, message: 'All 2 shell sessions are busy.', data: null });
    expect((await runtime.call('GET', '/v1/shell/sessions/stats')).body.data).toEqual({
      total_sessions: 2,
      active_sessions: 2,
      idle_sessions: 0,
      max_sessions: 2,
      session_timeout: 0,
      usage_ratio: 1,
    });
    expect((await runtime.call('DELETE', '/v1/shell/sessions')).body.data).toEqual({ closed: 2 });
  });

  it('change how long they wait without output', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    expect((await runtime.post('/v1/shell/sessions/update', { id: 's', no_change_timeout: 1 })).body.data).toEqual({
      session_id: 's',
      no_change_timeout: 1,
    });
    const { data } = (await runtime.post<Exec>('/v1/shell/exec', { id: 's', command: 'sleep 300' })).body;
    expect(data.status).toBe('no_change_timeout');
  });

  it('show their commands in order', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    for (const word of ['one', 'two', 'three']) await runtime.post('/v1/shell/exec', { id: 's', command: `echo ${word}` });
    const { data } = (await runtime.post<View>('/v1/shell/view', { id: 's' })).body;
    expect(data.console.map(({ command, output }) => [command, output])).toEqual([
      ['echo one', 'one\n'],
      ['echo two', 'two\n'],
      ['echo three', 'three\n'],
    ]);
    expect([data.output, data.command]).toEqual(['three\n', 'echo three']);
  });

  it('answer what runs when the server stops', async () => {
    const runtime = await testRuntime();
    const running = runtime.post<Exec>('/v1/shell/exec', { command: 'echo begun; sleep 300' });
    await eventually('it runs', async () => {
      const { sessions } = (
        await runtime.call<{ sessions: Record<string, { current_command?: string }> }>('GET', '/v1/shell/sessions')
      ).body.data;
      return Object.values(sessions).some((session) => session.current_command !== undefined);
    });
    await runtime[Symbol.asyncDispose]();
    expect((await running).body.data.status).toBe('terminated');
  });
});
