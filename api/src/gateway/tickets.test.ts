import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '@sandfleet/server-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { framesOf } from '../tokens/frames.ts';
import { createAccessLog } from './access-log.ts';
import { createKeys, GatewayFixture, memoryTickets } from './testing/fixture.ts';
import { Pod } from './testing/pod.ts';
import { rawRequest, until } from './testing/raw-client.ts';

let pod: Pod;
let folder: string;
beforeAll(async () => {
  pod = await Pod.start();
  folder = await mkdtemp(join(tmpdir(), 'sandfleet-gateway-'));
});
afterAll(async () => {
  await pod.stop();
  await rm(folder, { recursive: true });
});

const get = (host: string, path: string, ...headers: readonly string[]) => [
  `GET ${path} HTTP/1.1`,
  `Host: ${host}`,
  'Sec-Fetch-Mode: navigate',
  ...headers,
  '\r\n',
];

describe('a ticket in the URL of a page', () => {
  it('becomes a cookie of the path and a clean URL, once', async () => {
    const gateway = await GatewayFixture.start({ pools: { port: pod.port } });
    const sandbox = gateway.addSandbox({ id: 'a', uid: '01234567-89ab-4def-8123-000000000000' });
    const ticket = await gateway.ticket(sandbox, { surface: 'vnc', mode: 'control' });
    const target = `/s/a/vnc/index.html?autoconnect=true&ticket=${ticket}&resize=scale`;
    const first = await rawRequest(gateway.port, ...get('127.0.0.1', target));
    expect(first).toMatchObject({
      status: 303,
      headers: {
        location: '/s/a/vnc/index.html?autoconnect=true&resize=scale',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'set-cookie': expect.stringMatching(
          /^sandfleet-01234567-89a-vnc=[\w.-]+; Path=\/s\/a\/; Max-Age=3600; HttpOnly; SameSite=Strict$/,
        ) as string,
      },
    });
    expect(JSON.stringify(first)).not.toContain(ticket);
    const cookie = `Cookie: own=1; ${first.headers['set-cookie']?.split(';')[0]}`;
    expect((await rawRequest(gateway.port, ...get('127.0.0.1', '/s/a/vnc/index.html', cookie))).status).toBe(200);
    expect(pod.last.headers.cookie).toBe('own=1');
    expect((await rawRequest(gateway.port, ...get('127.0.0.1', '/s/a/v1/sandbox', cookie))).json['code']).toBe('SCOPE_MISSING');
    const replay = await rawRequest(gateway.port, ...get('127.0.0.1', target));
    expect([replay.status, replay.json['code']]).toEqual([401, 'UNAUTHENTICATED']);
    await gateway.stop();
  });

  it('becomes a __Host- cookie on a host of its own, and stays with its port', async () => {
    const gateway = await GatewayFixture.start({ url: 'https://gw.example', domain: 'box.example', pools: { port: pod.port } });
    const sandbox = gateway.addSandbox({ id: 'a' });
    const ticket = await gateway.ticket(sandbox, { surface: 'preview', mode: 'control', port: 3000 });
    expect((await rawRequest(gateway.port, ...get('9222-a.box.example', `/?ticket=${ticket}`))).status).toBe(403);
    const first = await rawRequest(gateway.port, ...get('3000-a.box.example', `/x?ticket=${ticket}`));
    expect([first.status, first.headers['location']]).toEqual([303, '/x']);
    expect(first.headers['set-cookie']).toMatch(
      /^__Host-sandfleet-preview-3000=[\w.-]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure$/,
    );
    const cookie = `Cookie: ${first.headers['set-cookie']?.split(';')[0]}`;
    expect((await rawRequest(gateway.port, ...get('3000-a.box.example', '/x', cookie))).status).toBe(200);
    expect((await rawRequest(gateway.port, ...get('3001-a.box.example', '/x', cookie))).status).toBe(403);
    expect((await rawRequest(gateway.port, ...get('a.box.example', '/x', cookie))).status).toBe(403);
    await gateway.stop();
  });

  const pages = [
    ['/', 'control', true],
    ['/v1/services', 'control', true],
    ['/vnc/index.html', 'control', true],
    ['/code-server/', 'control', true],
    ['/jupyter/lab', 'control', true],
    ['/terminal/', 'control', true],
    ['/static/terminal.js', 'control', true],
    ['/proxy/3000/', 'control', true],
    ['/proxy/9222/json', 'control', false],
    ['/json/version', 'control', false],
    ['/mcp', 'control', false],
    ['/', 'view', true],
    ['/vnc/index.html', 'view', true],
    ['/code-server/', 'view', false],
    ['/terminal/', 'view', false],
    ['/proxy/3000/', 'view', false],
  ] as const;
  it.for(pages)('of the home page opens %s to %s: %s', async ([path, mode, isOpen]) => {
    const gateway = await GatewayFixture.start({ pools: { port: pod.port } });
    const sandbox = gateway.addSandbox({ id: 'a' });
    const ticket = await gateway.ticket(sandbox, { surface: 'rest', mode, frames: framesOf('rest', mode) });
    const first = await rawRequest(gateway.port, ...get('127.0.0.1', `/s/a/?ticket=${ticket}`));
    const cookie = `Cookie: ${first.headers['set-cookie']?.split(';')[0]}`;
    expect((await rawRequest(gateway.port, ...get('127.0.0.1', `/s/a${path}`, cookie))).status).toBe(isOpen ? 200 : 403);
    await gateway.stop();
  });

  it('leaves the cookies of other pages to them, and each opens its own', async () => {
    const gateway = await GatewayFixture.start({ pools: { port: pod.port } });
    const sandbox = gateway.addSandbox({ id: 'a' });
    const tickets = [
      { surface: 'terminal', mode: 'control' },
      { surface: 'vnc', mode: 'view' },
      { surface: 'preview', mode: 'control', port: 3000 },
      { surface: 'preview', mode: 'control', port: 4000 },
    ] as const;
    const paths = ['/terminal/', '/vnc/index.html', '/proxy/3000/', '/proxy/4000/'];
    const cookies: string[] = [];
    for (const [index, request] of tickets.entries()) {
      const ticket = await gateway.ticket(sandbox, request);
      const { headers } = await rawRequest(gateway.port, ...get('127.0.0.1', `/s/a${paths[index]}?ticket=${ticket}`));
      cookies.push(headers['set-cookie']?.split(';')[0] ?? '');
    }
    expect(new Set(cookies.map((cookie) => cookie.split('=')[0])).size).toBe(tickets.length);
    const statusOf = async (path: string) =>
      (await rawRequest(gateway.port, ...get('127.0.0.1', `/s/a${path}`, `Cookie: ${cookies.join('; ')}`))).status;
    for (const path of paths) expect([path, await statusOf(path)]).toEqual([path, 200]);
    for (const path of ['/code-server/', '/v1/sandbox', '/proxy/5000/'])
      expect([path, await statusOf(path)]).toEqual([path, 403]);
    await gateway.stop();
  });

  it('is good once among all gateways that share a book', async () => {
    const keys = await createKeys();
    const tickets = memoryTickets();
    const gateways = await Promise.all([1, 2, 3].map(() => GatewayFixture.start({ keys, tickets, pools: { port: pod.port } })));
    const sandbox = gateways.map((gateway) => gateway.addSandbox({ id: 'a' }))[0];
    if (sandbox === undefined) throw new Error('there is no gateway');
    const ticket = await gateways[0]?.ticket(sandbox, { surface: 'rest', mode: 'control' });
    const answers = await Promise.all(
      gateways.map(({ port }) => rawRequest(port, ...get('127.0.0.1', `/s/a/?ticket=${ticket}`))),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 401, 401]);
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  });

  it('that can’t be redeemed because Kubernetes does not answer is a 503', async () => {
    const { ApiError } = await import('@sandfleet/contract');
    const tickets = {
      redeem: () => Promise.reject(new ApiError('KUBERNETES_UNAVAILABLE', { message: 'no answer', retryAfterSeconds: 2 })),
    };
    const gateway = await GatewayFixture.start({ tickets, pools: { port: pod.port } });
    const ticket = await gateway.ticket(gateway.addSandbox({ id: 'a' }), { surface: 'rest', mode: 'control' });
    const answer = await rawRequest(gateway.port, ...get('127.0.0.1', `/s/a/?ticket=${ticket}`));
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2']);
    await gateway.stop();
  });
});

describe('logs and metrics', () => {
  it('say what happened to each request, and hold no credential, query or id that is not needed', async () => {
    const file = join(folder, 'log');
    const fd = openSync(file, 'w');
    const log = createLogger({ name: 'gateway', level: 'debug', fd });
    const accessLog = createAccessLog({ name: 'gateway', level: 'debug', fd });
    const gateway = await GatewayFixture.start({ log, accessLog, pools: { port: pod.port } });
    const sandbox = gateway.addSandbox({ id: 'a' });
    const token = await gateway.token(sandbox);
    const ticket = await gateway.ticket(sandbox, { surface: 'rest', mode: 'control' });
    const requests = [
      get('127.0.0.1', '/s/a/v1/secret-path?q=secret-query', `Authorization: Bearer ${token}`, 'X-Request-Id: r1'),
      get('127.0.0.1', `/s/a/?ticket=${ticket}`, 'X-Request-Id: r2'),
      get('127.0.0.1', `/s/a/?ticket=${ticket}`, 'X-Request-Id: r3', 'Accept: text/html'),
      get('127.0.0.1', '/s/nobody/?x', `Authorization: Bearer ${token}`, 'X-Request-Id: r4'),
      get('evil.example', '/', 'X-Request-Id: r5'),
      ['FROB /s/a/ HTTP/1.1', 'Host: 127.0.0.1', '\r\n'],
      ['PROPFIND /s/a/ HTTP/1.1', 'Host: 127.0.0.1', '\r\n'],
      get('127.0.0.1', '/s/a/v1/invented', `Authorization: Bearer ${token}`),
    ];
    const usual = pod.handler;
    pod.handler = (request, response) =>
      request.url === '/v1/invented' ? void response.writeHead(799).end() : usual(request, response);
    const answers = [];
    for (const lines of requests) answers.push(await rawRequest(gateway.port, ...lines));
    expect(JSON.stringify(answers)).not.toContain(ticket);
    expect(JSON.stringify(answers)).not.toContain(token);
    pod.handler = usual;
    await gateway.stop();
    let text = '';
    await until(() => {
      void readFile(file, 'utf8').then((read) => (text = read));
      return text.trim().split('\n').length >= 7;
    });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({
      level: 'info',
      requestId: 'r1',
      sandbox: 'a',
      surface: 'rest',
      method: 'GET',
      status: 200,
      bytesOut: 3,
    });
    expect(lines.map(({ status, code }) => [status, code])).toEqual([
      [200, undefined],
      [303, undefined],
      [401, 'UNAUTHENTICATED'],
      [404, 'SANDBOX_NOT_FOUND'],
      [421, 'UNKNOWN_HOST'],
      [401, 'UNAUTHENTICATED'],
      [799, undefined],
    ]);
    expect(text).not.toMatch(/secret|eyJ|ticket=|evil/);

    const metrics = await gateway.registry.metrics();
    expect(metrics).toContain('gateway_requests_total{method="GET",code="200",surface="rest"} 1');
    expect(metrics).toContain('gateway_requests_total{method="other",code="401",surface="rest"} 1');
    expect(metrics).toContain('gateway_requests_total{method="GET",code="421",surface="none"} 1');
    expect(metrics).toContain('gateway_requests_total{method="GET",code="other",surface="rest"} 1');
    expect(metrics).toContain('auth_decisions_total{result="allowed",reason="token"} 2');
    expect(metrics).toContain('auth_decisions_total{result="allowed",reason="ticket"} 1');
    expect(metrics).toContain('auth_decisions_total{result="refused",reason="ticket_used"} 1');
    expect(metrics).toContain('auth_decisions_total{result="refused",reason="sandbox_not_found"} 1');
    expect(metrics).toContain('auth_decisions_total{result="refused",reason="no_credential"} 1');
    expect(metrics).toContain('gateway_bytes_total{direction="out"} 3');
    expect(metrics).not.toMatch(/uid-of|nobody|apikey|r1/);
  });
});
