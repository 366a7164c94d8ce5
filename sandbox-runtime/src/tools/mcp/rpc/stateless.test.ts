import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../../fixtures.ts';
import { listen, rpc } from '../fixtures.ts';

let runtime: TestRuntime;
beforeAll(async () => {
  runtime = await testRuntime();
});
afterAll(() => runtime[Symbol.asyncDispose]());

const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const exec = (command: string) => ({ method: 'tools/call', params: { name: 'terminal_execute', arguments: { command } } });

describe('a message without jsonrpc', () => {
  it('is answered by the bare result, with its text', async () => {
    const { status, headers, body } = await rpc(runtime, exec('echo hi'));
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(body).toMatchObject({
      text: 'hi\n',
      content: [{ type: 'text', text: 'hi\n' }],
      isError: false,
      structuredContent: { exit_code: 0 },
    });
    expect(body).not.toHaveProperty('error');
  });

  it('has an error when the tool fails, and when there is no such tool', async () => {
    const failed = await rpc(runtime, { method: 'tools/call', params: { name: 'file_read', arguments: { path: '/not/there' } } });
    expect([failed.status, failed.body.error?.message]).toEqual([200, expect.stringContaining('no such file')]);
    const unknown = await rpc(runtime, { method: 'tools/call', params: { name: 'nothing' } });
    expect([unknown.status, unknown.body]).toEqual([
      200,
      { error: { code: -32602, message: expect.stringContaining('nothing') } },
    ]);
  });

  it('may name the server of the tool', async () => {
    const params = { server: 'file', name: 'list', arguments: { path: '.' } };
    expect((await rpc(runtime, { method: 'tools/call', params })).body).toMatchObject({ isError: false });
  });

  it('lists the tools', async () => {
    expect((await rpc(runtime, { method: 'tools/list' }, { url: '/v1/mcp?search=exec%20command' })).body).toMatchObject({
      tools: expect.arrayContaining([expect.objectContaining({ name: 'shell_exec' })]),
    });
  });
});

describe('a message without a session', () => {
  it('is answered in JSON-RPC', async () => {
    const { status, body } = await rpc(runtime, { jsonrpc: '2.0', id: 'a', ...exec('echo hi') });
    expect([status, body]).toEqual([
      200,
      { jsonrpc: '2.0', id: 'a', result: expect.objectContaining({ structuredContent: expect.anything() }) },
    ]);
  });

  it.for([
    [
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { jsonrpc: '2.0', id: 1, result: {} },
    ],
    [
      { jsonrpc: '2.0', id: 1, method: 'nothing/there' },
      { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'There is no method nothing/there.' } },
    ],
    [
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 7 } },
      { jsonrpc: '2.0', id: 1, error: { code: -32602, message: expect.any(String) } },
    ],
    [
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: 'x' },
      { jsonrpc: '2.0', id: 1, error: { code: -32602, message: expect.any(String) } },
    ],
    [
      { jsonrpc: '2.0', id: 1 },
      { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'A message needs a method.' } },
    ],
    ['"text"', { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'A message needs a method.' } }],
  ] as const)('%j gets %j', async ([message, answer]) => {
    expect((await rpc(runtime, message)).body).toEqual(answer);
  });

  it('may be an initialize of a client that reads no streams', async () => {
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    const { headers, body } = await rpc(
      runtime,
      { jsonrpc: '2.0', id: 1, method: 'initialize', params },
      { headers: { accept: 'application/json' } },
    );
    expect(body).toMatchObject({ result: { protocolVersion: '2025-06-18', serverInfo: { name: 'sandfleet' } } });
    expect(headers['mcp-session-id']).toBeUndefined();
  });

  it.for([
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 1, result: {} },
  ])('only told, as %j, gets 202', async (message) => {
    expect(await rpc(runtime, message)).toMatchObject({ status: 202, body: {} });
  });
});

describe('a batch', () => {
  it('is answered message by message', async () => {
    const { status, body } = await rpc(runtime, [
      list,
      { jsonrpc: '2.0', method: 'notifications/x' },
      { jsonrpc: '2.0', id: 2, method: 'ping' },
    ]);
    expect([status, body]).toEqual([200, [expect.objectContaining({ id: 1 }), { jsonrpc: '2.0', id: 2, result: {} }]]);
  });

  it.for([
    [[list], { 'mcp-protocol-version': '2025-06-18' }],
    [[list], { 'mcp-protocol-version': '1999-01-01' }],
    [[], {}],
    [Array.from({ length: 101 }, () => list), {}],
  ] as const)('is refused where there is none', async ([messages, headers]) => {
    expect(await rpc(runtime, messages, { headers })).toMatchObject({ status: 400, body: { error: { code: -32600 } } });
  });
});

describe('a request that is none', () => {
  it.for([
    ['not JSON', '{', {}, 400, -32700],
    ['a polluted prototype', '{"__proto__": {"method": "ping"}}', {}, 400, -32700],
    ['another media type', '<a/>', { 'content-type': 'text/xml' }, 415, -32603],
    ['an unknown session', list, { 'mcp-session-id': 'nobody' }, 404, -32001],
    ['a foreign page', list, { host: 'box.test', origin: 'https://evil.test' }, 403, -32000],
    ['an opaque page', list, { host: 'box.test', origin: 'null' }, 403, -32000],
    ['a page of the same name on another port', list, { host: 'box.test:8080', origin: 'http://box.test' }, 403, -32000],
  ] as const)('is refused in the form of JSON-RPC: %s', async ([, message, headers, status, code]) => {
    expect(await rpc(runtime, message, { headers })).toMatchObject({
      status,
      body: { jsonrpc: '2.0', id: null, error: { code } },
    });
  });

  it.for(['GET', 'DELETE'] as const)('%s from a foreign page, and without a session, is refused', async (method) => {
    const foreign = await runtime.app.inject({ method, url: '/mcp', headers: { host: 'box.test', origin: 'https://evil.test' } });
    expect(foreign.statusCode).toBe(403);
    expect((await runtime.app.inject({ method, url: '/mcp', headers: { accept: 'text/event-stream' } })).statusCode).toBe(400);
  });

  it('is let in from a page of the sandbox itself', async () => {
    expect((await rpc(runtime, list, { headers: { host: 'box.test', origin: 'https://box.test' } })).status).toBe(200);
  });

  it('is refused when it is too large', async () => {
    await using small = await testRuntime({ MCP_BODY_BYTES: '65536' });
    const big = { ...list, params: { x: 'x'.repeat(70_000) } };
    expect(await rpc(small, big)).toMatchObject({ status: 413, body: { error: { code: -32600 } } });
  });
});

describe('a call whose client hangs up', () => {
  it('is given up', async () => {
    const controller = new AbortController();
    const body = JSON.stringify(exec('touch began; sleep 1000'));
    const headers = { 'content-type': 'application/json' };
    const answer = fetch(`${await listen(runtime)}/mcp`, { method: 'POST', body, headers, signal: controller.signal });
    answer.catch(() => {});
    await expect
      .poll(async () => (await rpc(runtime, exec('ls began'))).body['structuredContent'], { timeout: 60_000 })
      .toMatchObject({ exit_code: 0 });
    controller.abort();
    await expect(answer).rejects.toThrow('abort');
    const counted = async () => (await runtime.app.inject('/metrics')).payload;
    await expect.poll(counted, { timeout: 60_000 }).toContain('tool="shell_exec",outcome="cancelled"} 1');
  });
});
