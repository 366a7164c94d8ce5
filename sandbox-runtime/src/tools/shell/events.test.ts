import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../fixtures.ts';
import { eventually } from './fixtures.ts';
import { PlainNewlines } from './follow-command.ts';

interface Event {
  readonly event: string;
  readonly data: { readonly data: string; readonly success?: boolean };
}

interface Stream {
  readonly response: IncomingMessage;
  readonly events: readonly Event[];
  /** What the output events have brought, one after the other. */
  output(): string;
  result<T = Record<string, unknown>>(): Promise<T>;
}

/** POSTs and reads the answer as the standard says: fields up to a blank line, comments left out. */
async function stream(runtime: TestRuntime, path: string, body: object, accept = 'text/event-stream'): Promise<Stream> {
  if (!runtime.app.server.listening) await runtime.app.listen({ host: '127.0.0.1', port: 0 });
  // It listens on TCP.
  const { port } = runtime.app.server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { accept, 'content-type': 'application/json' };
    httpRequest({ port, host: '127.0.0.1', method: 'POST', path, headers }, resolve)
      .on('error', reject)
      .end(JSON.stringify(body));
  });
  const events: Event[] = [];
  let rest = '';
  response.setEncoding('utf8').on('error', () => undefined);
  response.on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
      // The two kinds of events that there are have an object as data.
      if (event !== undefined && data !== undefined) events.push({ event, data: JSON.parse(data) as Event['data'] });
    }
  });
  const ended = new Promise((resolve) => response.on('end', resolve));
  return {
    response,
    events,
    output: () => events.flatMap(({ event, data }) => (event === 'output' ? [data.data] : [])).join(''),
    result: async () => {
      await ended;
      expect(events.at(-1)?.event).toBe('result');
      return events.at(-1)?.data as never;
    },
  };
}

describe('POST /v1/shell/exec as events', () => {
  it('gives output as it comes, and the plain answer in the end', async () => {
    await using runtime = await testRuntime();
    const command = 'echo first; until [ -e go ]; do sleep 0.02; done; echo "second é€😀"; exit 3';
    const answer = await stream(runtime, '/v1/shell/exec', { command }, 'text/html, Text/Event-Stream;q=0.9');
    expect(answer.response.statusCode).toBe(200);
    expect(answer.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-request-id': expect.any(String),
    });
    await eventually('the first line', () => answer.output() === 'first\n');
    await runtime.post('/v1/file/write', { file: 'go', content: '' });
    expect(await answer.result()).toEqual({
      success: true,
      message: 'Operation successful',
      data: {
        session_id: expect.any(String),
        command,
        status: 'completed',
        output: 'first\nsecond é€😀\n',
        console: [expect.objectContaining({ command })],
        exit_code: 3,
        returncode: 3,
      },
    });
    expect(answer.output()).toMatch(/^first\nsecond é€😀\n/);
  });

  it.for([
    [{ command: 'echo a; sleep 300', timeout: 0.3 }, 'running'],
    [{ command: 'echo a; sleep 300', no_change_timeout: 1 }, 'no_change_timeout'],
    [{ command: 'echo a; sleep 300', hard_timeout: 0.3 }, 'hard_timeout'],
    [{ command: 'echo a; sleep 300', async_mode: true }, 'running'],
  ] as const)('stops waiting as the plain answer does (%j)', async ([body, status]) => {
    await using runtime = await testRuntime();
    const answer = await stream(runtime, '/v1/shell/exec', body);
    expect(await answer.result()).toMatchObject({ data: { status } });
  });

  it('gives all output where the result cuts it', async () => {
    await using runtime = await testRuntime();
    const answer = await stream(runtime, '/v1/shell/exec', { command: 'seq 1 100000' });
    const { data } = await answer.result<{ data: { output: string } }>();
    expect(data.output.length).toBeLessThan(30_200);
    expect(answer.output()).toBe(Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join(''));
  });

  it.for([
    [{ id: 'nobody', command: 'true' }, 404],
    [{ command: '' }, 422],
    [{ command: 'true', exec_dir: '/no/such', strict: true }, 400],
  ] as const)('refuses in plain JSON (%j)', async ([body, status]) => {
    await using runtime = await testRuntime();
    const { response } = await stream(runtime, '/v1/shell/exec', body);
    expect([response.statusCode, response.headers['content-type']]).toEqual([status, 'application/json; charset=utf-8']);
  });

  it('makes the command wait for a client that reads slowly, and loses nothing', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    const lines = 400_000;
    const command = `for i in {1..${lines}}; do echo "a line of some length $i"; done; touch written`;
    const answer = await stream(runtime, '/v1/shell/exec', { id: 's', command });
    await eventually('its beginning', () => answer.output().startsWith('a line'));
    answer.response.pause();
    let last = -1;
    await eventually('the stop', async () => {
      const { data } = (await runtime.post<{ output: string }>('/v1/shell/view', { id: 's' })).body;
      const isSame = data.output.length === last;
      last = data.output.length;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return isSame;
    });
    const names = (await runtime.post<{ files: { name: string }[] }>('/v1/file/list', { path: '.' })).body.data.files;
    expect(names.map(({ name }) => name)).not.toContain('written');
    answer.response.resume();
    expect(await answer.result()).toMatchObject({ data: { status: 'completed', exit_code: 0 } });
    const expected = Array.from({ length: lines }, (_, index) => `a line of some length ${index + 1}\n`).join('');
    expect(answer.output() === expected).toBe(true);
  });

  it('lets the command go on when the client hangs up, also one that it made wait', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    const answer = await stream(runtime, '/v1/shell/exec', { id: 's', command: 'seq 1 1000000; echo done' });
    await eventually('some output', () => answer.output() !== '');
    answer.response.pause();
    answer.response.destroy();
    expect((await runtime.post('/v1/shell/wait', { id: 's', seconds: 60 })).body.data).toEqual({ status: 'completed' });
    const next = await runtime.post<{ output: string }>('/v1/shell/exec', { id: 's', command: 'echo next' });
    expect(next.body.data.output).toBe('next\n');
  });

  it('gives a caller that hung up no turn in the queue', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    const first = await stream(runtime, '/v1/shell/exec', { id: 's', command: 'echo on; until [ -e go ]; do sleep 0.02; done' });
    await eventually('it runs', () => first.output() === 'on\n');
    const second = await stream(runtime, '/v1/shell/exec', { id: 's', command: 'touch ran' });
    second.response.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await runtime.post('/v1/file/write', { file: 'go', content: '' });
    await first.result();
    const { data } = (await runtime.post<{ output: string }>('/v1/shell/exec', { id: 's', command: 'echo *' })).body;
    expect(data.output).toBe('go\n');
  });
});

describe('POST /v1/shell/view as events', () => {
  it('begins with what is there and follows to the end', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    const command = 'echo before; until [ -e go ]; do sleep 0.02; done; echo after';
    await runtime.post('/v1/shell/exec', { id: 's', command, timeout: 0.5 });
    const answer = await stream(runtime, '/v1/shell/view', { id: 's' });
    await eventually('the beginning', () => answer.output() === 'before\n');
    await runtime.post('/v1/file/write', { file: 'go', content: '' });
    expect(await answer.result()).toMatchObject({ data: { output: 'before\nafter\n', status: 'completed', exit_code: 0 } });
    expect(answer.output()).toBe('before\nafter\n');
  });

  it('ends at once where nothing runs, and for a terminal', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    expect(await (await stream(runtime, '/v1/shell/view', { id: 's' })).result()).toMatchObject({ data: { output: '' } });
    await runtime.post('/v1/shell/exec', { id: 's', command: 'echo one' });
    const over = await stream(runtime, '/v1/shell/view', { id: 's' });
    expect(await over.result()).toMatchObject({ data: { output: 'one\n', command: 'echo one' } });
    expect(over.output()).toBe('one\n');
    const url = (await runtime.call<string>('GET', '/v1/shell/terminal-url')).body.data;
    const terminal = await stream(runtime, '/v1/shell/view', { id: url.split('=')[1] });
    expect(await terminal.result()).toMatchObject({ data: { console: [] } });
  });

  it('ends when the session is closed', async () => {
    await using runtime = await testRuntime();
    await runtime.post('/v1/shell/sessions/create', { id: 's' });
    await runtime.post('/v1/shell/exec', { id: 's', command: 'echo on; sleep 300', timeout: 0.3 });
    const answer = await stream(runtime, '/v1/shell/view', { id: 's' });
    await runtime.call('DELETE', '/v1/shell/sessions/s');
    expect(await answer.result()).toMatchObject({ data: { status: 'terminated' } });
  });
});

describe('PlainNewlines', () => {
  it('undoes what a terminal does to newlines, wherever the text is cut', () => {
    const text = 'a\r\nb\r\r\nc\rd\r\n\r\n\r';
    for (let size = 1; size <= text.length; size += 1) {
      const newlines = new PlainNewlines();
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(pieces.map((piece) => newlines.next(piece)).join('') + newlines.end()).toBe('a\nb\r\nc\rd\n\n\r');
    }
  });
});
