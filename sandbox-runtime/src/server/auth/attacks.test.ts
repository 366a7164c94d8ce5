import { openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '@sandfleet/server-kit';
import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';
import {
  API_KEY,
  ask,
  askForSocket,
  bearer,
  guardedServer,
  PUBLIC_KEY,
  token,
  type Asked,
  type GuardedServer,
} from './fixtures.ts';

const OWN = 'Origin: http://box.example';
const PAGE = ['Accept: text/html', 'Sec-Fetch-Mode: navigate'];

type Grant = Parameters<GuardedServer['guard']['issueTicket']>[0];
const ticketFor = ({ guard }: GuardedServer, grant: Partial<Grant> = {}): string =>
  guard.issueTicket({ mode: 'control', ...grant }).ticket;

/** The cookie of a page that was opened with a ticket. */
async function cookieFor(server: GuardedServer, url: string, grant: Partial<Grant> = {}): Promise<string> {
  const answer = await server.app.inject({
    url: `${url}?ticket=${ticketFor(server, grant)}`,
    headers: { accept: 'text/html', host: 'box.example' },
  });
  return `Cookie: ${String(answer.headers['set-cookie']).split(';')[0]}`;
}

describe('without a credential', () => {
  const paths: readonly (readonly [string, string, ...string[]])[] = [
    ['GET', '/v1/shell/exec?x=.js'],
    ['POST', '/v1/shell/exec?x=.js'],
    ['GET', '/v1/shell/exec.js'],
    ['GET', '/v1/shell/exec/style.css'],
    ['GET', '/v1/shell/exec;x=.js'],
    ['GET', '/v1/ping/../shell/sessions'],
    ['GET', '/v1/ping/%2e%2e/shell/sessions'],
    ['GET', '/v1/ping%2f..%2fshell%2fsessions'],
    ['GET', '/v1/%70ing/../sandbox'],
    ['GET', '//v1/ping'],
    ['GET', '/v1//ping'],
    ['GET', '/V1/PING'],
    ['GET', '/v1/ping%00'],
    ['GET', '/v1/ping%20'],
    ['GET', '/static/../v1/sandbox'],
    ['GET', '/vnc/..;/v1/sandbox'],
    ['GET', 'http://box.example/v1/sandbox'],
    ['GET', '/v1/sandbox#/v1/ping'],
    ['HEAD', '/v1/sandbox'],
    ['HEAD', '/'],
    ['OPTIONS', '/v1/shell/exec'],
    ['OPTIONS', '/v1/ping'],
    ['OPTIONS', '*'],
    ['POST', '/v1/ping'],
    ['DELETE', '/v1/ping'],
    ['GET', '/v1/ping', 'Host: 3000-box.example'],
    ['GET', '/v1/ping', 'x-aio-proxy-port: 3000'],
    ['GET', '/v1/ping', 'x-aio-proxy-port: 0'],
    ['GET', '/', 'Host: 8080-box.example'],
    ['GET', '/', 'Host: 9222-box.example'],
    ['GET', '/v1/sandbox', 'X-Original-URI: /v1/ping'],
    ['GET', '/v1/sandbox', 'X-Rewrite-URL: /v1/ping'],
    ['POST', '/v1/sandbox', 'X-HTTP-Method-Override: GET'],
    ['GET', '/v1/sandbox', 'X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1'],
    ['GET', '/v1/sandbox', 'Host: localhost'],
    ['GET', '/v1/sandbox', 'X-Sandfleet-Inner: x'],
    ['GET', '/v1/sandbox', 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    ['GET', '/metrics'],
    ['GET', '/proxy/3000/'],
    ['GET', '/absproxy/3000/x.js'],
    ['GET', '/json/version'],
    ['GET', '/code-server/'],
    ['GET', '/jupyter/lab'],
    ['POST', '/mcp'],
    ['POST', '/tickets'],
    ['GET', '/auth'],
    ['GET', '/auth', 'X-Original-URI: /v1/ping'],
  ];
  it.for(paths)('%s %s is no way in (%s)', async ([method, path, ...headers]) => {
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY: PUBLIC_KEY });
    await runtime.app.listen({ host: '127.0.0.1', port: 0 });
    const address = runtime.app.server.address();
    const { status, text } = await ask(typeof address === 'object' ? (address?.port ?? 0) : 0, { method, path, headers });
    expect([400, 401, 404]).toContain(status);
    if (path !== '/v1/sandbox#/v1/ping' && !path.startsWith('http:') && path !== '*') expect(status).toBe(401);
    expect(text).not.toMatch(/access-control-|home_dir|pong/i);
    expect(text).toMatch(/\r\nreferrer-policy: no-referrer\r\n|^HTTP\/1\.1 400/i);
  });

  const sockets = [
    '/v1/shell/ws',
    '/websockify',
    '/cdp',
    '/cdp/devtools/browser/x',
    '/devtools/browser/x',
    '/devtools/page/x',
    '/proxy/3000/',
    '/absproxy/3000/',
    '/code-server/',
    '/jupyter/api/kernels/x/channels',
    '/terminal',
    '/mcp',
    '/v1/ping',
    '/no/such',
  ];
  it.for(sockets)('%s opens no socket, by path or by host', async (path) => {
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY: PUBLIC_KEY });
    await runtime.app.listen({ host: '127.0.0.1', port: 0 });
    const address = runtime.app.server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    // The probe is open, but no socket.
    expect((await askForSocket(port, { path })).status).toBe(path === '/v1/ping' ? 404 : 401);
    for (const header of ['Host: 3000-box.example', 'x-aio-proxy-port: 3000'])
      expect((await askForSocket(port, { path, headers: [header] })).status).toBe(401);
  });

  it('a file that is open is open to GET and HEAD alone, and not on a host that leads to a port', async () => {
    await using server = await guardedServer();
    const status = async (method: 'GET' | 'HEAD' | 'POST', headers = {}) =>
      (await server.app.inject({ method, url: '/vnc/vnc.js', headers })).statusCode;
    expect([await status('GET'), await status('HEAD'), await status('POST')]).toEqual([200, 200, 401]);
    expect(await status('GET', { host: '3000-box.example' })).toBe(401);
    expect(await status('GET', { 'x-aio-proxy-port': '3000' })).toBe(401);
  });
});

describe('a ticket', () => {
  const vncView = { surface: 'vnc', mode: 'view' } as const;
  const misuses: readonly [string, Partial<Grant>, Asked & { readonly isSocket?: boolean }, number][] = [
    ['for the screen, on the shell', { surface: 'vnc' }, { path: '/v1/shell/ws', isSocket: true }, 403],
    ['for the screen, on the API', { surface: 'vnc' }, { path: '/v1/sandbox' }, 403],
    ['for the screen, on the debugger', { surface: 'vnc' }, { path: '/cdp', isSocket: true }, 403],
    [
      'for the screen, on a host that leads to a port',
      { surface: 'vnc' },
      { path: '/vnc/index.html', headers: ['Host: 3000-x.y'] },
      403,
    ],
    ['for the screen, with another method', { surface: 'vnc' }, { method: 'POST', path: '/vnc/index.html' }, 403],
    ['for a preview, on the API', { surface: 'preview', port: 3000 }, { path: '/v1/sandbox' }, 403],
    ['for a port, on another', { surface: 'preview', port: 3000 }, { path: '/proxy/9222/' }, 403],
    ['for a port, written otherwise', { surface: 'preview', port: 3000 }, { path: '/proxy/03000/' }, 403],
    ['for any port, on none', { surface: 'preview' }, { path: '/proxy/70000/' }, 400],
    ['for any port, on a host without one', { surface: 'preview' }, { path: '/', headers: ['Host: 03000-x.y'] }, 400],
    ['for any port, on two', { surface: 'preview' }, { path: '/', headers: ['Host: 3000-x.y', 'x-aio-proxy-port: 9222'] }, 400],
    ['for viewing, on the shell', { mode: 'view' }, { path: '/v1/shell/ws', isSocket: true }, 403],
    ['for viewing, on the debugger', { mode: 'view' }, { path: '/cdp', isSocket: true }, 403],
    ['for viewing, on a call', { mode: 'view' }, { method: 'POST', path: '/v1/shell/exec' }, 403],
    [
      'for viewing, on an editor’s socket',
      { mode: 'view', surface: 'codeServer' },
      { path: '/code-server/socket', isSocket: true },
      403,
    ],
    ['for viewing the screen, on the screen', vncView, { path: '/websockify', isSocket: true }, 101],
    [
      'of a foreign page, on a socket',
      {},
      { path: '/v1/shell/ws', isSocket: true, headers: ['Origin: http://evil.example'] },
      403,
    ],
    ['of an opaque page, on a socket', {}, { path: '/v1/shell/ws', isSocket: true, headers: ['Origin: null'] }, 403],
  ];
  it.for(misuses)('%s', async ([, grant, { isSocket = false, ...asked }, status]) => {
    await using server = await guardedServer();
    const ticket = ticketFor(server, grant);
    const port = await server.port();
    const path = `${asked.path}?ticket=${ticket}`;
    const answer = isSocket ? await askForSocket(port, { ...asked, path }) : await ask(port, { ...asked, path });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(ticket);
    expect(server.passed).toEqual(status === 101 ? [path] : []);
  });

  it('is not spent on what is refused', async () => {
    await using server = await guardedServer();
    const port = await server.port();
    const path = `/v1/shell/ws?ticket=${ticketFor(server, { surface: 'terminal' })}`;
    expect((await askForSocket(port, { path, headers: ['Origin: http://evil.example'] })).status).toBe(403);
    expect((await askForSocket(port, { path: path.replace('/v1/shell/ws', '/websockify') })).status).toBe(403);
    expect((await askForSocket(port, { path })).status).toBe(101);
  });

  it('is over after its life', async () => {
    await using server = await guardedServer({ JWT_PUBLIC_KEY: PUBLIC_KEY, TICKET_TTL_SECONDS: '1' });
    const url = `/v1/sandbox?ticket=${ticketFor(server)}`;
    const end = performance.now() + 1100;
    while (performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await server.app.inject({ url })).statusCode).toBe(401);
  });

  it('is good once when it is used many times at once', async () => {
    await using server = await guardedServer();
    const url = `/v1/sandbox?ticket=${ticketFor(server)}`;
    const port = await server.port();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(port, { path: url })));
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
  });

  it.for(['', 'x', 'a'.repeat(9000), '%00', '..', '__proto__', 'constructor'])('is none as %j', async (text) => {
    await using server = await guardedServer();
    expect((await server.app.inject({ url: `/v1/sandbox?ticket=${text}` })).statusCode).toBe(401);
  });

  it('as header, cookie or bearer is none', async () => {
    await using server = await guardedServer();
    const ticket = ticketFor(server);
    for (const headers of [
      { ticket },
      { cookie: `ticket=${ticket}` },
      { authorization: `Bearer ${ticket}` },
      { 'x-aio-api-key': ticket },
    ])
      expect((await server.app.inject({ url: '/v1/sandbox', headers })).statusCode).toBe(401);
  });
});

describe('a cookie', () => {
  const uses: readonly [string, string, Asked & { readonly isSocket?: boolean }, number][] = [
    ['of the terminal, from its own page', '/terminal', { path: '/v1/shell/ws', isSocket: true, headers: [OWN] }, 101],
    [
      'of the terminal, from a foreign page',
      '/terminal',
      { path: '/v1/shell/ws', isSocket: true, headers: ['Origin: http://evil.example'] },
      403,
    ],
    [
      'of the terminal, from another port',
      '/terminal',
      { path: '/v1/shell/ws', isSocket: true, headers: ['Origin: http://box.example:3000'] },
      403,
    ],
    [
      'of the terminal, from an opaque page',
      '/terminal',
      { path: '/v1/shell/ws', isSocket: true, headers: ['Origin: null'] },
      403,
    ],
    ['of the terminal, without an Origin', '/terminal', { path: '/v1/shell/ws', isSocket: true }, 403],
    ['of the terminal, on the screen', '/terminal', { path: '/websockify', isSocket: true, headers: [OWN] }, 401],
    ['of the screen, on the shell', '/vnc/index.html', { path: '/v1/shell/ws', isSocket: true, headers: [OWN] }, 401],
    [
      'of everything, in a form of a foreign page',
      '/',
      { method: 'POST', path: '/v1/shell/exec', headers: ['Origin: http://evil.example'] },
      403,
    ],
    [
      'of everything, in a form of an opaque page',
      '/',
      { method: 'POST', path: '/v1/shell/exec', headers: ['Origin: null'] },
      403,
    ],
    ['of everything, in a form of nobody', '/', { method: 'POST', path: '/v1/shell/exec' }, 403],
    [
      'of everything, in a form of the same site',
      '/',
      { method: 'POST', path: '/v1/shell/exec', headers: ['Sec-Fetch-Site: same-site'] },
      403,
    ],
    ['of everything, in a call of its own page', '/', { method: 'POST', path: '/v1/shell/exec', headers: [OWN] }, 200],
    [
      'of everything, in an image on a foreign page',
      '/',
      { path: '/v1/sandbox', headers: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'] },
      403,
    ],
    ['of everything, behind a link on a foreign page', '/', { path: '/', headers: ['Sec-Fetch-Site: cross-site', ...PAGE] }, 200],
  ];
  it.for(uses)('%s', async ([, page, { isSocket = false, ...asked }, status]) => {
    await using server = await guardedServer();
    const cookie = await cookieFor(server, page);
    const all = { ...asked, headers: [...(asked.headers ?? []), cookie] };
    const port = await server.port();
    expect((isSocket ? await askForSocket(port, all) : await ask(port, all)).status).toBe(status);
  });

  it('for viewing stays one', async () => {
    await using server = await guardedServer();
    const cookie = await cookieFor(server, '/', { mode: 'view' });
    const port = await server.port();
    const status = async (path: string, isSocket = false) =>
      (await (isSocket ? askForSocket : ask)(port, { path, headers: [cookie, OWN] })).status;
    expect([await status('/v1/sandbox'), await status('/websockify', true)]).toEqual([200, 101]);
    expect([await status('/v1/shell/ws', true), await status('/cdp', true)]).toEqual([403, 403]);
  });

  it('of another server, another name or another value is none', async () => {
    await using server = await guardedServer();
    await using other = await guardedServer();
    const good = await cookieFor(server, '/terminal');
    const foreign = await cookieFor(other, '/terminal');
    const value = good.split('=')[1] ?? '';
    const name = good.slice('Cookie: '.length).split('=')[0] ?? '';
    const headers = [
      foreign,
      `Cookie: ticket=${value}`,
      `Cookie: ${name}=${foreign.split('=')[1]}`,
      `Cookie: ${name.replace('terminal', 'all')}=${value}x`,
    ];
    const port = await server.port();
    for (const header of headers) expect((await ask(port, { path: '/terminal', headers: [header] })).status).toBe(401);
    expect((await ask(port, { path: '/terminal', headers: [good] })).status).toBe(200);
    // Its name says what it is looked up by, and its record what it is for.
    const renamed = `Cookie: ${name.replace('terminal', 'all')}=${value}`;
    expect((await ask(port, { path: '/v1/sandbox', headers: [renamed] })).status).toBe(403);
  });

  it('does not mend a credential that is broken', async () => {
    await using server = await guardedServer();
    const cookie = await cookieFor(server, '/');
    const port = await server.port();
    for (const header of ['Authorization: Bearer x', 'Authorization: Bearer', 'X-AIO-API-Key: x'])
      expect((await ask(port, { path: '/v1/sandbox', headers: [cookie, header] })).status).toBe(401);
  });
});

describe('a token', () => {
  const far = Math.floor(Date.now() / 1000) + 400 * 86_400;
  it.for([
    ['a year and more away', far],
    ['in the year 9999', 253_370_764_800],
    ['beyond all time', Number.MAX_SAFE_INTEGER],
  ] as const)('with its end %s is refused', async ([, exp]) => {
    await using server = await guardedServer();
    expect((await server.app.inject({ url: '/v1/sandbox', headers: await bearer({ exp }) })).statusCode).toBe(401);
  });

  it('for viewing, as the gateway makes them, changes nothing', async () => {
    await using server = await guardedServer();
    const headers = await bearer({ mode: 'view', surface: 'vnc' });
    expect((await server.app.inject({ method: 'POST', url: '/v1/shell/exec', headers })).statusCode).toBe(403);
    const authorization = `Authorization: ${headers.authorization}`;
    const port = await server.port();
    expect((await askForSocket(port, { path: '/v1/shell/ws', headers: [authorization] })).status).toBe(403);
    expect((await askForSocket(port, { path: '/websockify', headers: [authorization] })).text).toContain('"mode":"view"');
  });

  it('in the place of a ticket or key is none', async () => {
    await using server = await guardedServer();
    for (const name of ['ticket', 'api_key', 'token', 'access_token'])
      expect((await server.app.inject({ url: `/v1/sandbox?${name}=${await token()}` })).statusCode).toBe(401);
  });

  it('that is sent twice is read once, and never as the other', async () => {
    await using server = await guardedServer();
    const port = await server.port();
    const headers = [`Authorization: Bearer x`, `Authorization: Bearer ${await token()}`];
    expect((await ask(port, { path: '/v1/sandbox', headers })).status).toBe(401);
  });
});

describe('guessing', () => {
  it('is slowed down by address, while those who were in go on', async () => {
    await using server = await guardedServer({ JWT_PUBLIC_KEY: PUBLIC_KEY, SANDBOX_API_KEY: API_KEY });
    const known = await bearer();
    const status = async (headers: Readonly<Record<string, string>>) =>
      (await server.app.inject({ url: '/v1/sandbox', headers })).statusCode;
    expect([await status(known), await status({ 'x-aio-api-key': API_KEY })]).toEqual([200, 200]);
    const seen = new Set<number>();
    for (let i = 0; i < 2000 && !seen.has(429); i += 1) seen.add(await status({ 'x-aio-api-key': `guess-${i}` }));
    expect([...seen]).toEqual([401, 429]);
    expect([await status(known), await status({ 'x-aio-api-key': API_KEY })]).toEqual([200, 200]);
    const answer = await server.app.inject({
      url: '/v1/sandbox',
      headers: { 'x-aio-api-key': 'x' },
      remoteAddress: '198.51.100.7',
    });
    expect(answer.statusCode).toBe(401);
  });
});

describe('where nobody needs a credential', () => {
  it('a foreign page still changes nothing', async () => {
    await using server = await guardedServer({});
    const status = async (origin?: string) =>
      (
        await server.app.inject({
          method: 'POST',
          url: '/v1/shell/exec',
          headers: { host: 'box.example', ...(origin === undefined ? {} : { origin }) },
        })
      ).statusCode;
    expect([
      await status(),
      await status('http://box.example'),
      await status('http://evil.example'),
      await status('null'),
    ]).toEqual([200, 200, 403, 403]);
  });
});

describe('a log', () => {
  it('holds nothing that lets anybody in, also when something fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'auth-log-'));
    const file = join(folder, 'log');
    const log = createLogger({ name: 'test', level: 'trace', fd: openSync(file, 'w') });
    await using server = await guardedServer({ JWT_PUBLIC_KEY: PUBLIC_KEY, SANDBOX_API_KEY: API_KEY }, log);
    const ticket = ticketFor(server);
    const jwt = await token();
    const answers = [
      await server.app.inject({ url: `/fails?ticket=${ticket}&path=websockify%3Fticket%3D${ticket}` }),
      await server.app.inject({ url: `/fails?api_key=${API_KEY}` }),
      await server.app.inject({ url: '/fails', headers: { authorization: `Bearer ${jwt}` } }),
      await server.app.inject({ url: `/nowhere?ticket=${ticket}` }),
      await server.app.inject({ url: `/nowhere?api_key=${API_KEY}` }),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([500, 500, 500, 401, 404]);
    log.flush();
    const text = readFileSync(file, 'utf8') + JSON.stringify(answers.map(({ headers, body }) => ({ headers, body })));
    for (const secret of [ticket, jwt, API_KEY]) expect(text).not.toContain(secret);
    expect(text).toContain('request failed');
    rmSync(folder, { recursive: true });
  });
});
