import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { testRuntime, type TestRuntime } from '../../../fixtures.ts';
import { startSseServer } from '../testing/sse-server.ts';
import { connectClient, listen, OUTSIDE_SERVER, rpc, writeServers } from '../fixtures.ts';

const TIMEOUT = 120_000;
const entry = (home: string, env: Record<string, string> = {}) => ({
  command: process.execPath,
  args: [OUTSIDE_SERVER],
  env: { STARTED: join(home, 'started'), ...env },
});

async function withServer(env: Record<string, string> = {}, more: Record<string, unknown> = {}): Promise<TestRuntime> {
  const runtime = await testRuntime({ SECRET_OF_USER: 'mine', ...env });
  await writeServers(runtime.home, { mcpServers: { out: entry(runtime.home, { OWN: 'yes' }), ...more } });
  return runtime;
}

const call = async (runtime: TestRuntime, name: string, args: unknown = {}) =>
  (await rpc(runtime, { method: 'tools/call', params: { name, arguments: args } })).body as {
    readonly text?: string;
    readonly isError?: boolean;
    readonly error?: { readonly message: string };
  };
const starts = async ({ home }: TestRuntime) =>
  (await readFile(join(home, 'started'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean);
const isAlive = (pid: string | undefined) => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

describe('a server of mcp-servers.json', () => {
  it('is started on first use, once, and ended with the runtime', async () => {
    const runtime = await withServer();
    expect((await runtime.call<string[]>('GET', '/v1/mcp/servers')).body.data).toContain('out');
    expect(await starts(runtime)).toEqual([]);
    const { tools } = (await rpc(runtime, { method: 'tools/list' })).body as { tools?: { name: string }[] };
    expect(tools?.map(({ name }) => name)).toEqual(expect.arrayContaining(['out_echo', 'shell_exec']));
    expect((await call(runtime, 'out_echo', { a: 'ü' })).text).toBe('{"a":"ü"}');
    expect((await runtime.post<{ content: unknown }>('/v1/mcp/out/tools/echo', { b: 1 })).body.data.content).toEqual([
      { type: 'text', text: '{"b":1}' },
    ]);
    expect((await runtime.call<{ tools: { name: string }[] }>('GET', '/v1/mcp/out/tools')).body.data.tools[0]?.name).toBe('echo');
    const [pid, ...others] = await starts(runtime);
    expect([isAlive(pid), others]).toEqual([true, []]);
    await runtime[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
  });

  it('has the environment of the user and its own, and nothing of the keeper', async () => {
    await using runtime = await withServer({ SANDBOX_API_KEY: '' });
    const valueOf = async (name: string) => (await call(runtime, 'out_environment', { name })).text;
    expect(await Promise.all(['SECRET_OF_USER', 'OWN', 'MAX_MCP_SESSIONS', 'HOME'].map(valueOf))).toEqual([
      'mine',
      'yes',
      'none',
      runtime.home,
    ]);
  });

  it('that ends in a call is told of, and is there again for the next', async () => {
    await using runtime = await withServer();
    const crashed = await call(runtime, 'out_crash');
    expect(crashed.error?.message).toMatch(
      /MCP server out: The server ended during the call\. It ended with exit code 7; it said: .*something broke/s,
    );
    expect((await call(runtime, 'out_echo', {})).text).toBe('{}');
    expect(await starts(runtime)).toHaveLength(2);
  });

  it('is stopped when idle, and what is known of it stays', async () => {
    await using runtime = await withServer({ MCP_SERVER_IDLE_SECONDS: '1' });
    await call(runtime, 'out_echo', {});
    const [pid] = await starts(runtime);
    await expect.poll(() => isAlive(pid), { timeout: TIMEOUT }).toBe(false);
    expect((await rpc(runtime, { method: 'tools/list' }, { url: '/mcp?search=out_echo' })).body).toMatchObject({
      tools: [{ name: 'out_echo' }],
    });
    expect(await starts(runtime)).toHaveLength(1);
    expect((await call(runtime, 'out_echo', {})).text).toBe('{}');
    expect(await starts(runtime)).toHaveLength(2);
  });

  it('fails as its tool fails, and its long answers are cut', async () => {
    await using runtime = await withServer();
    expect(await call(runtime, 'out_fail')).toMatchObject({ isError: true, error: { message: 'no luck' } });
    expect((await call(runtime, 'out_long')).text?.length).toBeLessThan(201_000);
    expect((await call(runtime, 'out_nothing')).error?.message).toContain('There is no tool out_nothing');
  });

  it('passes progress and cancellation on', async () => {
    await using runtime = await withServer();
    await using test = await connectClient(`${await listen(runtime)}/mcp`);
    const heard: (string | undefined)[] = [];
    await test.client.callTool({ name: 'out_slow' }, undefined, {
      onprogress: ({ message }) => void heard.push(message),
      timeout: TIMEOUT,
    });
    const controller = new AbortController();
    const hanging = test.client.callTool({ name: 'out_hang' }, undefined, { signal: controller.signal, timeout: TIMEOUT });
    hanging.catch(() => {});
    setTimeout(() => controller.abort(), 200);
    await expect(hanging).rejects.toThrow();
    await expect.poll(() => starts(runtime), { timeout: TIMEOUT }).toContain('cancelled');
  });

  it('that does not start keeps no other from being used', async () => {
    await using runtime = await withServer(
      {},
      { broken: { command: '/not/there' }, silent: { command: 'sleep', args: ['1000'], disabled: true } },
    );
    const { tools } = (await rpc(runtime, { method: 'tools/list' })).body as { tools?: { name: string }[] };
    expect(tools?.map(({ name }) => name)).toContain('out_echo');
    expect((await call(runtime, 'broken_tool')).error?.message).toMatch(/MCP server broken did not start: .*No such file/s);
    const { body } = await runtime.call<string[]>('GET', '/v1/mcp/servers?include_hidden=true');
    expect(body.data).toEqual(expect.arrayContaining(['out', 'broken', 'silent']));
    expect(body.hint).toContain('broken: ');
    expect((await runtime.call('GET', '/v1/mcp/broken/tools')).status).toBe(502);
  });

  it('can be of another hub, by its URL', async () => {
    await using other = await testRuntime();
    const url = `${await listen(other)}/mcp`;
    await using runtime = await testRuntime();
    await writeServers(runtime.home, { mcpServers: { far: { url, headers: { 'x-a': 'b' } } } });
    expect((await call(runtime, 'far_shell_exec', { command: 'pwd' })).text).toBe(`${other.home}\n`);
  });

  it('behind a URL that was started anew is asked again, with a new session', async () => {
    const other = await testRuntime();
    const url = await listen(other);
    await using runtime = await testRuntime();
    await writeServers(runtime.home, { mcpServers: { far: { url: `${url}/mcp` } } });
    expect((await call(runtime, 'far_shell_exec', { command: 'pwd' })).text).toBe(`${other.home}\n`);
    await other[Symbol.asyncDispose]();
    expect((await call(runtime, 'far_shell_exec', { command: 'pwd' })).isError).toBe(true);
    await using again = await testRuntime();
    await again.app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) });
    expect((await call(runtime, 'far_shell_exec', { command: 'pwd' })).text).toBe(`${again.home}\n`);
  });

  it('with an event stream that was lost is asked again at once, with a new session', async () => {
    const first = await startSseServer('first');
    const { port } = first;
    await using runtime = await testRuntime();
    await writeServers(runtime.home, { mcpServers: { far: { type: 'sse', url: `http://127.0.0.1:${port}/sse` } } });
    expect((await call(runtime, 'far_name')).text).toBe('first');
    expect((await call(runtime, 'far_name')).text).toBe('first');
    expect(first.sessions()).toBe(1);
    await first[Symbol.asyncDispose]();
    expect((await call(runtime, 'far_name')).isError).toBe(true);
    await using second = await startSseServer('second', port);
    expect((await call(runtime, 'far_name')).text).toBe('second');
    expect(second.sessions()).toBe(1);
  });

  it('that hangs is ended, and is there again for the next call', async () => {
    await using runtime = await withServer({ MCP_SERVER_CALL_SECONDS: '1' });
    expect((await call(runtime, 'out_stuck')).error?.message).toMatch(/^MCP server out: .*timed out/);
    const [pid] = await starts(runtime);
    await expect.poll(() => isAlive(pid), { timeout: TIMEOUT }).toBe(false);
    expect((await call(runtime, 'out_echo')).text).toBe('{}');
  });

  it('may say as often as it likes that its tools are others: it is asked now and then', async () => {
    await using runtime = await withServer();
    await call(runtime, 'out_flood');
    // What it sends is read in its order: once this is here, all of the flood was.
    await expect.poll(async () => Number((await call(runtime, 'out_lists')).text), { timeout: TIMEOUT }).toBeGreaterThan(1);
    expect(Number((await call(runtime, 'out_lists')).text)).toBeLessThan(10);
  });

  it('fills no memory with its list, and is not asked for it over and over', async () => {
    await using runtime = await withServer({ MCP_SERVER_IDLE_SECONDS: '1' });
    await writeServers(runtime.home, { mcpServers: { big: entry(runtime.home, { BIG: 'yes' }) } });
    const list = async () => (await rpc(runtime, { method: 'tools/list' }, { url: '/mcp?search=big' })).body;
    expect(await list()).toEqual({ tools: [] });
    expect((await runtime.call('GET', '/v1/mcp/servers')).body.hint).toContain('its list of tools has more than');
    const [pid] = await starts(runtime);
    await expect.poll(() => isAlive(pid), { timeout: TIMEOUT }).toBe(false);
    expect(await list()).toEqual({ tools: [] });
    expect(await starts(runtime)).toEqual([pid]);
  });

  it('fills no result, whatever its texts are in', async () => {
    await using runtime = await withServer({ MCP_RESULT_CHARACTERS: '5000' });
    const { body } = await runtime.post('/v1/mcp/out/tools/many', {});
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
    expect(JSON.stringify(body)).toContain('characters are left out');
  });

  it('is not asked under a name that is longer than any tool has', async () => {
    await using runtime = await withServer({}, { broken: { command: '/not/there' } });
    expect((await call(runtime, `broken_${'x'.repeat(500)}`)).error?.message).toContain('There is no tool');
  });

  it('never takes the name of a tool of the sandbox', async () => {
    await using runtime = await testRuntime();
    // `sandbox_execute` + `_bash` would be an alias of a tool; two servers can make one name too.
    await writeServers(runtime.home, {
      mcpServers: { shell: entry(runtime.home), a: entry(runtime.home), terminal: entry(runtime.home) },
    });
    const { body } = await runtime.call<string[]>('GET', '/v1/mcp/servers');
    expect(body.data.filter((name) => name === 'shell' || name === 'a')).toEqual(['shell', 'a']);
    expect(body.hint).toContain('the sandbox has a server of this name itself');
  });

  it('goes with the file, and a new file counts at once', async () => {
    await using runtime = await withServer();
    await call(runtime, 'out_echo');
    const [pid] = await starts(runtime);
    await writeServers(runtime.home, '{ broken');
    expect((await runtime.call('GET', '/v1/mcp/servers')).body.hint).toContain('the file is not JSON');
    await expect.poll(() => isAlive(pid), { timeout: TIMEOUT }).toBe(false);
    expect((await call(runtime, 'out_echo')).error?.message).toContain('There is no tool');
    await writeServers(runtime.home, { mcpServers: { out: entry(runtime.home) } });
    expect((await call(runtime, 'out_echo')).text).toBe('{}');
  });
});
