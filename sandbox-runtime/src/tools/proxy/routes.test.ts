import { createServer } from 'node:net';

import type { ProxyDiagnoseResult, ProxyHealthCheck, ProxyMappingRoute, ProxyUpstreamInfo } from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import { testRuntime, type Answer, type TestRuntime } from '../../fixtures.ts';
import { echoServer, listen, upstreamProxy } from './fixtures.ts';

const MAPPINGS = '/v1/proxy/mappings';
const EXCLUDES = '/v1/proxy/excludes';
const UPSTREAM = '/v1/proxy/upstream';

const runtimeWith = (env: Readonly<Record<string, string>> = {}) => testRuntime({ TINYPROXY_PORT: '0', ...env });

async function send<T>({ app }: TestRuntime, method: 'PUT' | 'DELETE', url: string, payload: Record<string, unknown>) {
  const response = await app.inject({ method, url, payload });
  // Every answer here is JSON in the envelope.
  return { status: response.statusCode, body: response.json() as Answer<T>['body'] };
}

const diagnose = (runtime: TestRuntime, url: string) =>
  runtime.call<ProxyDiagnoseResult>('GET', `/v1/proxy/diagnose?url=${encodeURIComponent(url)}`);

describe('/v1/proxy/mappings', () => {
  it('adds, replaces, lists in the order of trying, and removes', async () => {
    await using runtime = await runtimeWith();
    const first = await runtime.post<ProxyMappingRoute>(MAPPINGS, { source: 'HTTP://App.test/api/', target: ':3000' });
    expect(first.body.data).toEqual({
      source: 'http://app.test/api',
      target: ':3000',
      source_host: 'app.test',
      source_path: '/api',
      internal_port: 3000,
    });
    await runtime.post(MAPPINGS, { source: '*.test', target: 'localhost:4000/v1' });
    await runtime.post(MAPPINGS, { source: 'http://app.test/api', target: '3001' });
    const list = async () => (await runtime.call<ProxyMappingRoute[]>('GET', MAPPINGS)).body.data.map(({ target }) => target);
    expect(await list()).toEqual(['3001', 'localhost:4000/v1']);
    // As the published client sends it, and encoded.
    const removed = await runtime.call<ProxyMappingRoute>('DELETE', `${MAPPINGS}/http:/app.test/api`);
    expect([removed.status, removed.body.data.target]).toEqual([200, '3001']);
    expect((await runtime.call('DELETE', `${MAPPINGS}/${encodeURIComponent('*.test')}`)).status).toBe(200);
    expect(await list()).toEqual([]);
    expect((await runtime.call('DELETE', `${MAPPINGS}/app.test`)).status).toBe(404);
    for (const path of ['', '/', '/a%20b']) expect([404, 422]).toContain((await runtime.call('DELETE', MAPPINGS + path)).status);
  });

  it.for([
    [{ source: 'a.test', target: 'x' }, 'target'],
    [{ source: 'ftp://a.test', target: '1' }, 'source'],
    [{ source: 'a.test', target: 8080 }, 'target'],
    [{ source: 'a.test' }, 'target'],
    [{ target: '1' }, 'source'],
    [{ source: '', target: '1' }, 'source'],
    [{ source: 'a'.repeat(3000), target: '1' }, 'source'],
  ] as const)('refuses %j with the field that is wrong', async ([body, field]) => {
    await using runtime = await runtimeWith();
    const { status, body: answer } = await runtime.post(MAPPINGS, body);
    expect(status).toBe(422);
    expect(answer).toMatchObject({ detail: [{ loc: ['body', field] }] });
  });

  it.for(['8080', '127.0.0.1:9222', 'localhost:8888', '[::1]:9222', '0.0.0.0:8080', '127.1:8080', '[::ffff:127.0.0.1]:8080'])(
    'refuses %s, a port of the sandbox itself',
    async (target) => {
      await using runtime = await runtimeWith();
      expect((await runtime.post(MAPPINGS, { source: 'a.test', target })).status).toBe(422);
    },
  );

  it('refuses the ports it listens on, which nobody chose, and takes theirs on another machine', async () => {
    await using runtime = await runtimeWith({ PUBLIC_PORT: '0' });
    await runtime.app.listen({ host: '127.0.0.1', port: 0 });
    const [port] = runtime.app.addresses().map((address) => (typeof address === 'string' ? 0 : address.port));
    expect((await runtime.post(MAPPINGS, { source: 'a.test', target: String(port) })).status).toBe(422);
    const other = await runtime.post<ProxyMappingRoute>(MAPPINGS, { source: 'a.test', target: `192.0.2.1:${port}` });
    expect(other.status).toBe(200);
    const pac = await runtime.app.inject({ url: '/v1/browser/proxy.pac' });
    const [, proxyPort = ''] = /PROXY 127\.0\.0\.1:(\d+)/.exec(pac.body) ?? [];
    expect((await runtime.post(MAPPINGS, { source: 'b.test', target: proxyPort })).status).toBe(422);
  });

  it('is bounded', async () => {
    await using runtime = await runtimeWith();
    for (let n = 0; n < 256; n++) await runtime.post(MAPPINGS, { source: `a${n}.test`, target: '3000' });
    expect((await runtime.post(MAPPINGS, { source: 'one-more.test', target: '3000' })).status).toBe(409);
    expect((await runtime.post(MAPPINGS, { source: 'a1.test', target: '3001' })).status).toBe(200);
  });

  it('says of a loopback name that the browser does not ask', async () => {
    await using runtime = await runtimeWith();
    const { body } = await runtime.post(MAPPINGS, { source: 'localhost:3000', target: '4000' });
    expect(body.hint).toContain('The browser opens localhost itself');
  });

  it('changes nothing when the port of the proxy is taken', async () => {
    await using taken = await listen(createServer());
    await using runtime = await runtimeWith({ TINYPROXY_PORT: String(taken.port) });
    for (const answer of [
      await runtime.post<null>(MAPPINGS, { source: 'a.test', target: '3000' }),
      await runtime.post<null>(EXCLUDES, { pattern: 'a.test' }),
      await send<null>(runtime, 'PUT', UPSTREAM, { server: 'p.test:1' }),
    ]) {
      expect([answer.status, answer.body.success, answer.body.data]).toEqual([200, false, null]);
      expect(answer.body.message).toContain(`${taken.port} is taken`);
    }
    expect((await runtime.call('GET', MAPPINGS)).body.data).toEqual([]);
    const { data } = (await runtime.call<ProxyHealthCheck>('GET', '/v1/proxy/health')).body;
    expect(data).toMatchObject({ healthy: false, gost_alive: false, config_consistent: false });
    expect(data.inconsistencies).toEqual([expect.stringContaining('taken')]);
  });
});

describe('/v1/proxy/excludes', () => {
  it('adds once, lists and removes by body', async () => {
    await using runtime = await runtimeWith({ PROXY_EXCLUDE: 'localhost, 10.0.0.0/8' });
    await runtime.post(EXCLUDES, { pattern: '*.Ex.com' });
    const added = await runtime.post<string[]>(EXCLUDES, { pattern: '*.ex.com' });
    expect(added.body.data).toEqual(['localhost', '10.0.0.0/8', '*.ex.com']);
    const removed = await send<string[]>(runtime, 'DELETE', EXCLUDES, { pattern: '10.0.0.0/8' });
    expect(removed.body.data).toEqual(['localhost', '*.ex.com']);
    expect((await send(runtime, 'DELETE', EXCLUDES, { pattern: 'other' })).status).toBe(404);
    expect((await send(runtime, 'DELETE', EXCLUDES, {})).status).toBe(422);
    expect((await runtime.post(EXCLUDES, { pattern: 'http://a' })).status).toBe(422);
  });
});

describe('/v1/proxy/upstream', () => {
  it('is null, then set, and never tells the password', async () => {
    await using runtime = await runtimeWith({ PROXY_SERVER: 'http://env-user:env-hunter2@env.test:3128' });
    const get = async () => (await runtime.call<ProxyUpstreamInfo | null>('GET', UPSTREAM)).body.data;
    expect(await get()).toEqual({ addr: 'env.test:3128', username: 'env-user', password: '***' });
    const put = await send<ProxyUpstreamInfo>(runtime, 'PUT', UPSTREAM, { server: 'u:hunter2@p.test:1', auth_cmd: null });
    expect(put.body.data).toEqual({ addr: 'p.test:1', username: 'u', password: '***' });
    // Another server gets no credentials of the one before.
    await send(runtime, 'PUT', UPSTREAM, { server: 'p2.test:1' });
    expect(await get()).toEqual({ addr: 'p2.test:1' });
    expect((await runtime.call('DELETE', UPSTREAM)).body.data).toBeNull();
    expect((await runtime.call('DELETE', UPSTREAM)).status).toBe(200);
    expect(await get()).toBeNull();
  });

  it('runs auth_cmd, and keeps what was when that fails', async () => {
    await using runtime = await runtimeWith();
    const put = (auth_cmd: string) => send<ProxyUpstreamInfo>(runtime, 'PUT', UPSTREAM, { server: 'x:y@p.test:1', auth_cmd });
    const done = await put('echo "$USER:hunter2"');
    expect(done.body.data).toEqual({ addr: 'p.test:1', username: 'gem', password: '***' });
    const failed = await put('echo hunter3 >&2; exit 1');
    expect([failed.status, failed.body.success, failed.body.data]).toEqual([200, false, null]);
    expect(failed.body.message).toBe('The command for credentials ended with exit code 1. Nothing was changed.');
    expect((await runtime.call<ProxyUpstreamInfo>('GET', UPSTREAM)).body.data.username).toBe('gem');
  });

  it.for(['https://u:hunter2@p.test:1', 'socks5://u:hunter2@p:1', 'u:hunter2@p.test', 'u:hunter2%0a@p:1', '127.0.0.1:8080'])(
    'refuses %s without repeating it',
    async (server) => {
      await using runtime = await runtimeWith();
      const { status, body } = await send(runtime, 'PUT', UPSTREAM, { server });
      expect(status).toBe(422);
      expect(JSON.stringify(body)).not.toContain('hunter2');
    },
  );
});

describe('/v1/proxy/diagnose', () => {
  it('tells the way of a URL, and whether its end can be reached', async () => {
    await using server = await echoServer('a');
    await using upstream = await upstreamProxy();
    await using runtime = await runtimeWith({ PROXY_EXCLUDE: '.excluded.test,127.9.0.0/16' });
    await runtime.post(MAPPINGS, { source: 'http://*.app.test/api', target: `${server.port}/v1` });
    const mapped = (await diagnose(runtime, 'http://x.app.test/api/y?z')).body;
    expect(mapped.data).toMatchObject({
      url: 'http://x.app.test/api/y?z',
      route: 'mapping',
      resolved_target: `127.0.0.1:${server.port}/v1/y?z`,
      target_reachable: true,
      matched_mapping: { source: 'http://*.app.test/api', internal_port: server.port },
    });
    expect(mapped.hint).toBe('The mapping of http://*.app.test/api matches.');
    const direct = (await diagnose(runtime, `127.0.0.1:${server.port}/x`)).body;
    expect(direct.data).toMatchObject({ route: 'direct', resolved_target: `127.0.0.1:${server.port}`, target_reachable: true });
    expect((await diagnose(runtime, 'http://127.0.0.1:1/')).body).toMatchObject({
      hint: expect.stringContaining('nothing listens there'),
      data: { route: 'direct', target_reachable: false },
    });
    await send(runtime, 'PUT', UPSTREAM, { server: `u:hunter2@127.0.0.1:${upstream.port}` });
    const through = (await diagnose(runtime, 'https://ex.test/')).body;
    expect(through.data).toMatchObject({
      route: 'upstream',
      resolved_target: `127.0.0.1:${upstream.port}`,
      target_reachable: true,
    });
    expect(JSON.stringify(through)).not.toContain('hunter2');
    expect((await diagnose(runtime, 'wss://a.excluded.test/')).body.hint).toContain('The exclude .excluded.test matches.');
    expect(upstream.asked).toEqual([]);
  });

  it.for([
    'http://127.0.0.1:9222/json',
    'http://localhost:8080/',
    'http://[::1]:8888/',
    'ftp://a.test/',
    'javascript://a',
    'http://',
  ])('refuses %s', async (url) => {
    await using runtime = await runtimeWith();
    expect((await diagnose(runtime, url)).body.data).toMatchObject({ url, route: 'refused', target_reachable: false });
  });

  it('needs a URL', async () => {
    await using runtime = await runtimeWith();
    expect((await runtime.call('GET', '/v1/proxy/diagnose')).status).toBe(422);
    expect((await runtime.call('GET', '/v1/proxy/diagnose?url=')).status).toBe(422);
  });
});

describe('/v1/proxy/health', () => {
  it('finds the proxy answering, under the published names', async () => {
    await using runtime = await runtimeWith();
    expect((await runtime.call('GET', '/v1/proxy/health')).body.data).toEqual({
      healthy: true,
      gost_alive: true,
      nginx_alive: true,
      config_consistent: true,
      inconsistencies: [],
    });
  });
});

describe('/v1/browser/proxy.pac', () => {
  it('is a PAC file of the rules, without the upstream proxy', async () => {
    await using runtime = await runtimeWith({ PROXY_SERVER: 'u:hunter2@up.test:1', PROXY_MAP: 'app.test=3000' });
    const { statusCode, headers, body } = await runtime.app.inject({ url: '/v1/browser/proxy.pac' });
    expect([statusCode, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'application/x-ns-proxy-autoconfig',
      'no-store',
    ]);
    expect(body).toMatch(/^function FindProxyForURL\(url, host\) {\n[^]*app\.test[^]*}\n$/);
    expect(body).not.toMatch(/up\.test|hunter2/);
  });
});

it('nothing that runs in the sandbox sees the settings of the proxy', async () => {
  const settings = {
    PROXY_SERVER: 'u:hunter2@p.test:1',
    PROXY_EXCLUDE: 'a.test',
    PROXY_INCLUDE: 'b.test',
    PROXY_MAP: 'c.test=3000',
  };
  await using runtime = await runtimeWith(settings);
  const { body } = await runtime.post<{ stdout: string }>('/v1/bash/exec', { command: 'env' });
  expect(body.data.stdout).toContain('HOME=');
  expect(body.data.stdout).not.toMatch(/PROXY|hunter2/i);
});
