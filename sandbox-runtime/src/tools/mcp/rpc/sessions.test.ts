import { ToolListChangedNotificationSchema, type Progress } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../../fixtures.ts';
import { connectClient, listen, OUTSIDE_SERVER, rpc, writeServers } from '../fixtures.ts';

let runtime: TestRuntime;
let url: string;
beforeAll(async () => {
  runtime = await testRuntime();
  url = `${await listen(runtime)}/mcp`;
});
afterAll(() => runtime[Symbol.asyncDispose]());

const TIMEOUT = 120_000;
const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const post = (message: unknown, headers: Record<string, string> = {}, to = url) =>
  fetch(to, { method: 'POST', body: JSON.stringify(message), headers: { ...json, ...headers } });
const begin = async (to = url, headers: Record<string, string> = {}) => {
  const answer = await post(initialize, headers, to);
  await answer.text();
  return { 'mcp-session-id': answer.headers.get('mcp-session-id') ?? '', 'mcp-protocol-version': '2025-11-25' };
};
const exec = (id: number, command: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'shell_exec', arguments: { command } },
});

describe('the client of the SDK', () => {
  it('lists tools and calls them', async () => {
    await using test = await connectClient(url);
    const { tools } = await test.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['file_read', 'shell_exec', 'sandbox_get_context']));
    const result = await test.client.callTool({ name: 'shell_exec', arguments: { command: 'echo hi; exit 3' } });
    expect(result).toMatchObject({ content: [{ text: 'hi\n[exit code: 3]' }], structuredContent: { exit_code: 3 } });
    await expect(test.client.callTool({ name: 'nothing' })).rejects.toMatchObject({ code: -32602 });
  });

  it('sees what its URL asks for', async () => {
    await using test = await connectClient(`${url}?aliases=true&search=terminal_execute`);
    expect((await test.client.listTools()).tools.map(({ name }) => name)).toEqual(['terminal_execute']);
  });

  it('is told how a command goes on', async () => {
    await using test = await connectClient(url);
    const progress: Progress[] = [];
    const command = 'echo one; until [ -e go ]; do sleep 0.02; done; echo two';
    const result = test.client.callTool({ name: 'shell_exec', arguments: { command } }, undefined, {
      onprogress: (event) => void progress.push(event),
      timeout: TIMEOUT,
    });
    await expect.poll(() => progress.map(({ message }) => message).join(''), { timeout: TIMEOUT }).toContain('one\n');
    await test.client.callTool({ name: 'shell_exec', arguments: { command: 'touch go' } });
    expect(await result).toMatchObject({ content: [{ text: 'one\ntwo\n' }], structuredContent: { exit_code: 0 } });
    expect(progress.map((event) => event.progress)).toEqual(progress.map((_, index) => index + 1));
  });

  it('cancels a call', async () => {
    await using test = await connectClient(url);
    const controller = new AbortController();
    const call = test.client.callTool({ name: 'shell_exec', arguments: { command: 'touch waits; sleep 1000' } }, undefined, {
      signal: controller.signal,
      timeout: TIMEOUT,
    });
    const began = () => test.client.callTool({ name: 'shell_exec', arguments: { command: 'ls waits' } });
    await expect.poll(async () => (await began()).structuredContent, { timeout: TIMEOUT }).toMatchObject({ exit_code: 0 });
    const cancelled = async () =>
      /shell_exec",outcome="cancelled"} (\d+)/.exec((await runtime.app.inject('/metrics')).payload)?.[1];
    const before = await cancelled();
    controller.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(cancelled, { timeout: TIMEOUT }).not.toBe(before);
  });

  it('is told when there are other tools', async () => {
    await using test = await connectClient(url);
    await test.client.listTools();
    const told = new Promise<void>((resolve) => {
      test.client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve());
    });
    await writeServers(runtime.home, { mcpServers: { more: { command: process.execPath, args: [OUTSIDE_SERVER] } } });
    // The stream on which it is told is opened behind connect's back: until it is there, there is nobody to tell.
    await expect
      .poll(
        async () => {
          await writeServers(runtime.home, {
            mcpServers: { more: { command: process.execPath, args: [OUTSIDE_SERVER], env: { N: String(Math.random()) } } },
          });
          await test.client.listTools();
          return Promise.race([told.then(() => true), new Promise((resolve) => setTimeout(() => resolve(false), 50))]);
        },
        { timeout: TIMEOUT },
      )
      .toBe(true);
    await writeServers(runtime.home, { mcpServers: {} });
  });
});

describe('a session', () => {
  it('ends with DELETE, and is unknown from then on', async () => {
    const session = await begin();
    expect((await fetch(url, { method: 'DELETE', headers: session })).status).toBe(200);
    const after = await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, session);
    expect([after.status, await after.json()]).toEqual([
      404,
      { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } },
    ]);
  });

  it('has one stream for what nobody asked for, whose head comes at once', async () => {
    const session = await begin();
    const hangUp = new AbortController();
    const stream = await fetch(url, { headers: { ...session, accept: 'text/event-stream' }, signal: hangUp.signal });
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect((await fetch(url, { headers: { ...session, accept: 'text/event-stream' } })).status).toBe(409);
    hangUp.abort();
    const again = () =>
      fetch(url, { headers: { ...session, accept: 'text/event-stream' }, signal: AbortSignal.timeout(TIMEOUT) });
    await expect
      .poll(
        async () => {
          const answer = await again();
          await answer.body?.cancel();
          return answer.status;
        },
        { timeout: TIMEOUT },
      )
      .toBe(200);
  });

  it('gives the answer of a call whose connection was lost to the client that comes back', async () => {
    const session = await begin();
    const hangUp = new AbortController();
    const answer = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(exec(5, 'until [ -e resume ]; do sleep 0.02; done; echo resumed')),
      headers: { ...json, ...session },
      signal: hangUp.signal,
    });
    const first = await answer.body?.getReader().read();
    const id = /^id: (.*)$/m.exec(Buffer.from(first?.value ?? []).toString())?.[1] ?? '';
    hangUp.abort();
    await runtime.post('/v1/shell/exec', { command: 'touch resume' });
    const resumed = await fetch(url, { headers: { ...session, accept: 'text/event-stream', 'last-event-id': id } });
    let text = '';
    for await (const chunk of resumed.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('"id":5')) break;
    }
    expect(text).toContain('resumed');
    // Events of one session are nobody else's.
    const other = await begin();
    expect((await fetch(url, { headers: { ...other, accept: 'text/event-stream', 'last-event-id': id } })).status).toBe(400);
  });

  it('takes no batch from a client that must not send one', async () => {
    const session = await begin();
    expect((await post([{ jsonrpc: '2.0', id: 1, method: 'ping' }], session)).status).toBe(400);
  });

  it('takes a batch of so many messages and no more', async () => {
    const old = { ...(await begin()), 'mcp-protocol-version': '2025-03-26' };
    const pings = (count: number) => Array.from({ length: count }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
    const answer = await post(pings(100), old);
    expect([answer.status, (await answer.text()).match(/"result"/g)?.length]).toEqual([200, 100]);
    expect((await post(pings(101), old)).status).toBe(400);
  });

  it('is not begun by what is no proper initialize', async () => {
    await using small = await testRuntime({ MAX_MCP_SESSIONS: '2' });
    const to = `${await listen(small)}/mcp`;
    const session = await begin(to);
    const attempts = [
      () => post({ ...initialize, params: {} }, {}, to),
      () => post(initialize, { accept: 'text/event-stream' }, to),
    ];
    for (const attempt of [...attempts, ...attempts]) expect((await attempt()).status).toBeOneOf([400, 406]);
    expect((await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, session, to)).status).toBe(200);
  });

  it('gives way to a new one when there are too many and it is idle', async () => {
    await using small = await testRuntime({ MAX_MCP_SESSIONS: '2' });
    const to = `${await listen(small)}/mcp`;
    const [first, second] = [await begin(to), await begin(to)];
    const ping = async (session: Record<string, string>) =>
      (await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, session, to)).status;
    expect(await ping(first)).toBe(200);
    await begin(to);
    expect([await ping(first), await ping(second)]).toEqual([200, 404]);
  });

  it('is refused when all are in use', async () => {
    await using small = await testRuntime({ MAX_MCP_SESSIONS: '1' });
    const to = `${await listen(small)}/mcp`;
    const session = await begin(to);
    const stream = await fetch(to, { headers: { ...session, accept: 'text/event-stream' } });
    const refused = await post(initialize, {}, to);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    await stream.body?.cancel();
  });

  it('ends when nobody uses it, and its calls before that', async () => {
    await using brief = await testRuntime({ MCP_SESSION_IDLE_SECONDS: '2', MCP_ORPHAN_SECONDS: '1' });
    const to = `${await listen(brief)}/mcp`;
    const session = await begin(to);
    const hangUp = new AbortController();
    await fetch(to, {
      method: 'POST',
      body: JSON.stringify(exec(1, 'sleep 1000')),
      headers: { ...json, ...session },
      signal: hangUp.signal,
    });
    hangUp.abort();
    const metrics = async () => (await brief.app.inject('/metrics')).payload;
    await expect.poll(metrics, { timeout: TIMEOUT }).toContain('tool="shell_exec",outcome="cancelled"} 1');
    await expect
      .poll(async () => (await rpc(brief, { jsonrpc: '2.0', id: 1, method: 'ping' }, { headers: session })).status, {
        timeout: TIMEOUT,
        interval: 3000,
      })
      .toBe(404);
  });
});

describe('with credentials', () => {
  const KEY = 'a-key-of-more-than-16-letters';

  it('nobody comes in without, and tools run with those of the caller', async () => {
    await using guarded = await testRuntime({ SANDBOX_API_KEY: KEY });
    const to = `${await listen(guarded)}/mcp`;
    for (const method of ['GET', 'POST', 'DELETE'])
      expect(
        (await fetch(to, { method, headers: { ...json, 'mcp-session-id': 'x' }, ...(method === 'POST' ? { body: '{}' } : {}) }))
          .status,
      ).toBe(401);
    expect((await post({ method: 'tools/list' }, { authorization: 'Bearer nonsense' }, to)).status).toBe(401);
    for (const headers of [{ authorization: `Bearer ${KEY}` }, { 'x-aio-api-key': KEY }]) {
      await using test = await connectClient(to, headers);
      const result = await test.client.callTool({ name: 'shell_exec', arguments: { command: 'echo in' } });
      expect(result.content).toEqual([{ type: 'text', text: 'in\n' }]);
    }
  });

  it('a session is of no use without them', async () => {
    await using guarded = await testRuntime({ SANDBOX_API_KEY: KEY });
    const to = `${await listen(guarded)}/mcp`;
    const session = await begin(to, { authorization: `Bearer ${KEY}` });
    expect(session['mcp-session-id']).not.toBe('');
    expect((await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, session, to)).status).toBe(401);
  });
});
