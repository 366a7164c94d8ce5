import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { eventually } from '../shell/fixtures.ts';
import { code, descendants, isRunning, kernelRuntime, line } from './fixtures.ts';

interface Execute {
  readonly kernel_name: string;
  readonly session_id: string;
  readonly status: string;
  readonly execution_count?: number;
  readonly outputs: readonly {
    readonly output_type: string;
    readonly text?: string;
    readonly ename?: string;
    readonly evalue?: string;
  }[];
  readonly code: string;
  readonly msg_id?: string;
}

const execute = (runtime: TestRuntime, body: Record<string, unknown>) => runtime.post<Execute>('/v1/jupyter/execute', body);
const textOf = ({ outputs }: Execute): string => outputs.map(({ text, ename }) => ename ?? text).join('|');
const sessionsOf = async (runtime: TestRuntime): Promise<string[]> =>
  Object.keys((await runtime.call<{ sessions: object }>('GET', '/v1/jupyter/sessions')).body.data.sessions);
const kernelOf = async (runtime: TestRuntime, session: string): Promise<string> =>
  textOf((await execute(runtime, { session_id: session, code: code({ show: 'kernel' }) })).body.data);

describe('POST /v1/jupyter/execute', () => {
  it('creates the session that is named, and uses it again', async () => {
    await using runtime = await kernelRuntime();
    const text = code(line('hi'));
    const first = await execute(runtime, { session_id: 'a', code: text });
    expect(first).toEqual({
      status: 200,
      body: {
        success: true,
        message: 'Operation successful',
        data: {
          kernel_name: 'python3',
          session_id: 'a',
          status: 'ok',
          execution_count: 1,
          outputs: [{ output_type: 'stream', name: 'stdout', text: 'hi' }],
          code: text,
          msg_id: expect.any(String),
        },
      },
    });
    expect((await execute(runtime, { session_id: 'a', code: text })).body.data.execution_count).toBe(2);
    expect(await sessionsOf(runtime)).toEqual(['a']);
  });

  it('runs the code of one session in order and that of two at once', async () => {
    await using runtime = await kernelRuntime();
    const go = join(runtime.home, 'go');
    const waiting = execute(runtime, { session_id: 'a', code: code(line('first'), { until: go }) });
    const behind = execute(runtime, { session_id: 'a', code: code(line('second')) });
    expect(textOf((await execute(runtime, { session_id: 'b', code: code(line('other')) })).body.data)).toBe('other');
    await writeFile(go, '');
    expect([(await waiting).body.data.execution_count, (await behind).body.data.execution_count]).toEqual([1, 2]);
  });

  it('refuses what would wait behind too much', async () => {
    await using runtime = await kernelRuntime();
    const go = join(runtime.home, 'go');
    const all = Array.from({ length: 40 }, () => execute(runtime, { session_id: 'a', code: code({ until: go }) }));
    const refused = await Promise.race(all);
    expect([refused.status, refused.body.message]).toEqual([429, 'Too much code waits in this session.']);
    await writeFile(go, '');
    expect((await Promise.all(all)).filter(({ status }) => status === 200)).toHaveLength(32);
  });

  it('goes where cwd says, and stays there', async () => {
    await using runtime = await kernelRuntime();
    const where = async (cwd?: string): Promise<string> =>
      textOf((await execute(runtime, { session_id: 'a', cwd, code: code({ show: 'cwd' }) })).body.data);
    expect(await where()).toBe(runtime.home);
    expect(await where()).toBe('as before');
    expect(await where('/usr')).toBe('/usr');
    expect(await where()).toBe('as before');
    await execute(runtime, { session_id: 'a', code: code({ dies: true }) });
    expect(await where()).toBe('/usr');
  });

  it.for(['/no/such/folder', '/etc/hostname', 'a\0b', '../../../../../no'])('refuses the cwd %j', async (cwd) => {
    await using runtime = await kernelRuntime();
    const { status, body } = await execute(runtime, { code: code(), cwd });
    expect([status, body.success, body.data]).toEqual([400, false, null]);
    expect(body.message).toMatch(/is not a directory$/);
  });

  it('interrupts at the timeout and keeps the session', async () => {
    await using runtime = await kernelRuntime();
    const before = await kernelOf(runtime, 'a');
    const { data } = (await execute(runtime, { session_id: 'a', timeout: 1, code: code(line('x'), { sleeps: true }) })).body;
    expect([data.status, textOf(data)]).toEqual(['timeout', 'x|KeyboardInterrupt']);
    expect(await kernelOf(runtime, 'a')).toBe(before);
  });

  it('ends a kernel that no interrupt stops, and says so', async () => {
    await using runtime = await kernelRuntime();
    const answer = await execute(runtime, { session_id: 'a', timeout: 1, code: code({ stubborn: true }) });
    expect([answer.body.data.status, answer.body.hint]).toEqual(['timeout', expect.stringContaining('are gone')]);
    const next = await execute(runtime, { session_id: 'a', code: code() });
    expect([next.body.data.execution_count, next.body.hint]).toEqual([1, expect.stringContaining('without its variables')]);
    expect((await execute(runtime, { session_id: 'a', code: code() })).body.hint).toBeUndefined();
  });

  it('tells the death of a kernel and gives the session a new one', async () => {
    await using runtime = await kernelRuntime();
    const dead = await execute(runtime, { session_id: 'a', code: code(line('x'), { dies: true }) });
    expect(dead.body.data).toMatchObject({
      status: 'error',
      outputs: [{ text: 'x' }, { output_type: 'error', ename: 'KernelDied' }],
    });
    expect(dead.body.data.outputs[1]?.evalue).toContain('SIGKILL');
    expect((await execute(runtime, { session_id: 'a', code: code() })).body.hint).toContain('SIGKILL');
  });

  it('survives the death of the host, which takes its kernels along', async () => {
    await using runtime = await kernelRuntime({ JUPYTER_WARM_KERNELS: '0' });
    const dead = await execute(runtime, { session_id: 'a', code: code({ host: 'dies' }, { stubborn: true }) });
    expect(dead.body.data.outputs.at(-1)?.ename).toBe('KernelDied');
    expect((await execute(runtime, { session_id: 'a', code: code(line('again')) })).body.data.outputs[0]?.text).toBe('again');
  });

  it('reads nothing from what code writes among the events', async () => {
    await using runtime = await kernelRuntime();
    const forged = '{"event":"started","id":99,"pid":1}\nno event\n{"event":"output","id":77,"output":{"type":"dropped"}}\n';
    expect(textOf((await execute(runtime, { code: code({ write: forged }, line('true')) })).body.data)).toBe('true');
  });

  it('cuts output over the limit', async () => {
    await using runtime = await kernelRuntime({ JUPYTER_OUTPUT_BYTES: '1024' });
    const { data } = (await execute(runtime, { code: code(line('a'.repeat(3000)), line('b')) })).body;
    expect(data.outputs.map(({ text }) => text)).toEqual(['a'.repeat(1024), expect.stringContaining('truncated')]);
  });

  it('gives a fresh session the kernel that was ready', async () => {
    await using runtime = await kernelRuntime();
    expect(await kernelOf(runtime, 'a')).toBe('k1');
    expect(await kernelOf(runtime, 'b')).toBe('k2');
    expect(await kernelOf(runtime, 'a')).toBe('k1');
  });

  it('keeps no kernel ready where none is wanted', async () => {
    await using runtime = await kernelRuntime({ JUPYTER_WARM_KERNELS: '0' });
    await execute(runtime, { session_id: 'a', code: code() });
    expect(await kernelOf(runtime, 'b')).toBe('k2');
  });

  it('refuses another kernel for a session, but not another name of its own', async () => {
    await using runtime = await kernelRuntime();
    await execute(runtime, { session_id: 'a', code: code() });
    expect((await execute(runtime, { session_id: 'a', kernel_name: 'python3.11', code: code() })).status).toBe(200);
    expect((await execute(runtime, { session_id: 'a', kernel_name: 'python3.12', code: code() })).status).toBe(409);
    const unknown = await execute(runtime, { kernel_name: 'ir', code: code() });
    expect([unknown.status, unknown.body.message]).toEqual([400, expect.stringContaining('python3, python3.11, python3.12')]);
  });

  it('hands the host nothing of the server', async () => {
    await using runtime = await kernelRuntime({ MINE: '1', TICKET_TTL_SECONDS: '20', MAX_JUPYTER_SESSIONS: '3' });
    const names = textOf((await execute(runtime, { code: code({ show: 'environment' }) })).body.data).split(' ');
    expect(names).toContain('MINE');
    expect(names.filter((name) => /SANDFLEET|TICKET_TTL|MAX_JUPYTER|NODE_OPTIONS/.test(name))).toEqual([]);
  });

  const wrong = [
    ['no code', {}],
    ['code that is no text', { code: 1 }],
    ['too short a timeout', { code: '', timeout: 0 }],
    ['too long a timeout', { code: '', timeout: 301 }],
    ['half a second', { code: '', timeout: 1.5 }],
    ['an empty id', { code: '', session_id: '' }],
    ['a long id', { code: '', session_id: 'a'.repeat(129) }],
    ['too much code', { code: 'a'.repeat(1_048_577) }],
  ] as const;
  it.for(wrong)('refuses %s', async ([, body]) => {
    await using runtime = await kernelRuntime();
    expect((await runtime.app.inject({ method: 'POST', url: '/v1/jupyter/execute', payload: body })).statusCode).toBe(422);
  });
});

describe('kernel sessions', () => {
  it('are made without an id for a few callers who never come back', async () => {
    await using runtime = await kernelRuntime({ MAX_UNNAMED_JUPYTER_SESSIONS: '2' });
    const made: string[] = [];
    for (let count = 0; count < 4; count += 1) made.push((await execute(runtime, { code: code() })).body.data.session_id);
    expect(await sessionsOf(runtime)).toEqual(made.slice(2));
    const back = await execute(runtime, { session_id: made[0], code: code() });
    expect([back.body.data.execution_count, back.body.hint]).toEqual([1, expect.stringContaining('has ended')]);
  });

  it('give way by age, and a busy one never', async () => {
    await using runtime = await kernelRuntime({ MAX_JUPYTER_SESSIONS: '2' });
    const go = join(runtime.home, 'go');
    const busy = execute(runtime, { session_id: 'busy', code: code({ until: go }) });
    await execute(runtime, { session_id: 'idle', code: code() });
    await execute(runtime, { session_id: 'new', code: code() });
    expect(await sessionsOf(runtime)).toEqual(['busy', 'new']);
    const also = execute(runtime, { session_id: 'new', code: code({ until: go }) });
    const refused = await execute(runtime, { session_id: 'third', code: code() });
    expect([refused.status, refused.body.message]).toEqual([429, 'All 2 kernel sessions are busy.']);
    await writeFile(go, '');
    expect([(await busy).body.data.status, (await also).body.data.status]).toEqual(['ok', 'ok']);
  });

  it('end without use, and the host with the last of them', async () => {
    await using runtime = await kernelRuntime({ JUPYTER_SESSION_TIMEOUT_SECONDS: '1', JUPYTER_IDLE_SECONDS: '1' });
    const before = await descendants(process.pid);
    await execute(runtime, { session_id: 'a', code: code() });
    const started = (await descendants(process.pid)).filter((pid) => !before.includes(pid));
    expect(started.length).toBeGreaterThan(0);
    await eventually('the end of the session', async () => (await sessionsOf(runtime)).length === 0);
    for (const pid of started) await eventually(`the end of ${pid}`, async () => !(await isRunning(pid)));
    expect((await execute(runtime, { session_id: 'a', code: code() })).body.hint).toContain('not used for 1 seconds');
  });

  it('are created once', async () => {
    await using runtime = await kernelRuntime();
    const create = async (body?: unknown) =>
      (await runtime.post<Record<string, string>>('/v1/jupyter/sessions/create', body)).body.data;
    expect(await create({ session_id: 'a' })).toEqual({ session_id: 'a', kernel_name: 'python3', message: 'Session created' });
    expect((await create({ session_id: 'a' }))['message']).toBe('The session was there already');
    expect(await create()).toMatchObject({ session_id: expect.stringMatching(/^[\da-f-]{36}$/) });
  });

  it('are listed, deleted, and then unknown', async () => {
    await using runtime = await kernelRuntime();
    for (const id of ['a', 'b', 'c/d e']) await execute(runtime, { session_id: id, code: code() });
    const { data } = (await runtime.call<{ sessions: Record<string, unknown> }>('GET', '/v1/jupyter/sessions')).body;
    expect(data.sessions['a']).toEqual({
      kernel_name: 'python3',
      last_used: expect.any(Number),
      age_seconds: expect.any(Number),
    });
    expect((await runtime.call('DELETE', '/v1/jupyter/sessions/c%2Fd%20e')).status).toBeLessThan(500);
    expect((await runtime.call('DELETE', '/v1/jupyter/sessions/a')).body.data).toEqual({ session_id: 'a' });
    expect(await runtime.call('DELETE', '/v1/jupyter/sessions/a')).toEqual({
      status: 404,
      body: { success: false, message: 'Session not found', data: null },
    });
    await runtime.call('DELETE', '/v1/jupyter/sessions');
    expect(await sessionsOf(runtime)).toEqual([]);
  });

  it('end their code when they are deleted', async () => {
    await using runtime = await kernelRuntime();
    const running = execute(runtime, { session_id: 'a', code: code({ sleeps: true }) });
    await eventually('the session', async () => (await sessionsOf(runtime)).includes('a'));
    await runtime.call('DELETE', '/v1/jupyter/sessions');
    const { status, body } = await running;
    // It may have been deleted before its code had its turn.
    expect([200, 404]).toContain(status);
    expect(body.data === null || body.data.outputs.at(-1)?.ename === 'KernelDied').toBe(true);
  });

  it('leave no process behind when the server closes', async () => {
    const runtime = await kernelRuntime();
    const { data } = (await execute(runtime, { session_id: 'a', code: code({ show: 'kernel' }) })).body;
    expect(data.status).toBe('ok');
    const asleep = execute(runtime, { session_id: 'b', code: code({ sleeps: true }) });
    await eventually('the second session', async () => (await sessionsOf(runtime)).includes('b'));
    const pids = await descendants(process.pid);
    expect(pids.length).toBeGreaterThan(0);
    await runtime[Symbol.asyncDispose]();
    await asleep;
    for (const pid of pids) await eventually(`the end of ${pid}`, async () => !(await isRunning(pid)));
  });
});

describe('GET /v1/jupyter/info', () => {
  it('names the kernels and the limits', async () => {
    await using runtime = await kernelRuntime({ PYTHON_VERSION: '3.12', MAX_JUPYTER_SESSIONS: '5' });
    await execute(runtime, { session_id: 'a', code: code() });
    expect((await runtime.call('GET', '/v1/jupyter/info')).body.data).toEqual({
      default_kernel: 'python3.12',
      available_kernels: ['python3', 'python3.11', 'python3.12'],
      active_sessions: 1,
      session_timeout_seconds: 1800,
      max_sessions: 5,
      description: expect.any(String),
      kernel_detection: expect.any(String),
    });
  });

  const missing = [
    ['Python', { SANDFLEET_PYTHON: '/no/such/python' }, /\/no\/such\/python is not installed/],
    ['jupyter_client', { SCRIPTED_HOST: 'unavailable' }, /No module named 'jupyter_client'/],
    ['ipykernel', { SCRIPTED_HOST: 'bare' }, /ipykernel is not installed for python3/],
    ['a host that starts', { SCRIPTED_HOST: 'broken' }, /a complaint/],
  ] as const;
  it.for(missing)('answers without %s, and calls say what is missing', async ([, env, message]) => {
    await using runtime = await kernelRuntime(env);
    for (let count = 0; count < 2; count += 1) {
      const { status, body } = await execute(runtime, { code: code() });
      expect([status, body.success, body.message]).toEqual([503, false, expect.stringMatching(message)]);
    }
    const { data } = (await runtime.call('GET', '/v1/jupyter/info')).body;
    expect(data).toMatchObject({ default_kernel: '', available_kernels: [], kernel_detection: expect.stringMatching(message) });
    expect(await sessionsOf(runtime)).toEqual([]);
  });

  it('starts nothing before the first use', async () => {
    await using runtime = await testRuntime({ SANDFLEET_PYTHON: '/no/such/python' });
    expect(await sessionsOf(runtime)).toEqual([]);
    expect((await runtime.call('DELETE', '/v1/jupyter/sessions')).body.data).toEqual({ closed: 0 });
  });
});
