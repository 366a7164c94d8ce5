import { describe, expect, it } from 'vitest';

import { API_KEY, ask, askForSocket, bearer, guardedServer, PUBLIC_KEY, type GuardedServer } from './fixtures.ts';

const PAGE = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none', host: 'box.example' };
const OWN = 'Origin: http://box.example';

type Grant = Parameters<GuardedServer['guard']['issueTicket']>[0];
const ticketFor = ({ guard }: GuardedServer, grant: Partial<Grant> = {}): string =>
  guard.issueTicket({ mode: 'control', ...grant }).ticket;

const cookieOf = (answer: { readonly headers: Readonly<Record<string, unknown>> }): string =>
  String(answer.headers['set-cookie']).split(';')[0] ?? '';

const open = ({ app }: GuardedServer, url: string, headers: Readonly<Record<string, string>> = {}) =>
  app.inject({ url, headers: { ...PAGE, ...headers } });

describe('a ticket in the URL of a page', () => {
  it('becomes a cookie and a URL without it, and is good for nothing then but one socket', async () => {
    await using server = await guardedServer();
    const ticket = ticketFor(server, { surface: 'terminal', subject: 'ann' });
    const first = await open(server, `/terminal?a=1&ticket=${ticket}&b=2`);
    expect([first.statusCode, first.headers['location']]).toEqual([303, '/terminal?a=1&b=2']);
    expect(first.headers['set-cookie']).toMatch(
      /^sandfleet-page-[0-9a-f]{12}-terminal=[\w-]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/,
    );
    expect(first.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(server.passed).toEqual([]);
    expect((await open(server, `/terminal?ticket=${ticket}`)).statusCode).toBe(401);
    const second = await open(server, '/terminal?a=1&b=2', { cookie: cookieOf(first) });
    expect(second.json()).toEqual({ kind: 'cookie', mode: 'control', surface: 'terminal', subject: 'ann' });
    const port = await server.port();
    const socket = await askForSocket(port, { path: `/v1/shell/ws?ticket=${ticket}` });
    expect(socket.text).toContain('"kind":"ticket"');
    expect((await askForSocket(port, { path: `/v1/shell/ws?ticket=${ticket}` })).status).toBe(401);
  });

  it('stays in it where the page hands it to its socket, as the published URL of the screen does', async () => {
    await using server = await guardedServer();
    const ticket = ticketFor(server);
    const url = `/vnc/index.html?ticket=${ticket}&path=websockify%3Fticket%3D${ticket}`;
    const page = await open(server, url);
    expect([page.statusCode, page.json()]).toEqual([200, { kind: 'ticket', mode: 'control' }]);
    expect(page.headers['set-cookie']).toMatch(/^sandfleet-page-[0-9a-f]{12}-vnc=/);
    const port = await server.port();
    expect((await askForSocket(port, { path: `/websockify?ticket=${ticket}`, headers: [OWN] })).status).toBe(101);
    // Both uses are spent; the page that is loaded again goes on with its cookie.
    expect((await open(server, url)).statusCode).toBe(401);
    const cookie = cookieOf(page);
    expect((await open(server, url, { cookie })).json()).toMatchObject({ kind: 'cookie', surface: 'vnc' });
    const again = await askForSocket(port, { path: `/websockify?ticket=${ticket}`, headers: [OWN, `Cookie: ${cookie}`] });
    expect(again.text).toContain('"kind":"cookie"');
  });

  it('opens a program’s request without a detour', async () => {
    await using server = await guardedServer();
    const url = `/v1/sandbox?ticket=${ticketFor(server)}`;
    const answer = await server.app.inject({ url });
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([200, undefined]);
    expect((await server.app.inject({ url })).statusCode).toBe(401);
  });

  it('of no surface opens the home page with everything on it, and any other page alone', async () => {
    await using server = await guardedServer();
    const home = cookieOf(await open(server, `/?ticket=${ticketFor(server)}`));
    const vnc = cookieOf(await open(server, `/vnc/index.html?ticket=${ticketFor(server)}`));
    const status = async (url: string, cookie: string) => (await open(server, url, { cookie })).statusCode;
    for (const url of ['/', '/terminal', '/vnc/index.html', '/proxy/3000/', '/v1/sandbox'])
      expect(await status(url, home)).toBe(200);
    expect(await status('/vnc/index.html', vnc)).toBe(200);
    for (const url of ['/', '/terminal', '/proxy/3000/', '/v1/sandbox']) expect(await status(url, vnc)).toBe(401);
  });

  it('is held to its port', async () => {
    await using server = await guardedServer();
    const cookie = cookieOf(await open(server, `/proxy/3000/x?ticket=${ticketFor(server, { surface: 'preview', port: 3000 })}`));
    expect((await open(server, '/proxy/3000/y', { cookie })).statusCode).toBe(200);
    expect((await open(server, '/proxy/3001/y', { cookie })).statusCode).toBe(401);
    const other = ticketFor(server, { surface: 'preview', port: 3000 });
    expect((await open(server, `/proxy/3001/?ticket=${other}`)).statusCode).toBe(403);
    // It was not spent on what it does not open.
    expect((await open(server, `/proxy/3000/?ticket=${other}`)).statusCode).toBe(303);
  });

  it('leads back to this host whatever the path looks like, under the prefix that a proxy took off', async () => {
    await using server = await guardedServer();
    const port = await server.port();
    const at = async (path: string, ...headers: readonly string[]) => {
      const url = `${path}?ticket=${ticketFor(server)}`;
      const { text } = await ask(port, { path: url, headers: ['Accept: text/html', ...headers] });
      return /^location: (.*)\r$/im.exec(text)?.[1];
    };
    expect(await at('/')).toBe('/');
    expect(await at('/proxy/3000//evil.example/..')).toBe('/proxy/3000//evil.example/..');
    expect(await at('/proxy/3000/\\evil.example')).toBe('/proxy/3000/%5Cevil.example');
    expect(await at('/terminal', 'X-Forwarded-Prefix: /boxes/a')).toBe('/boxes/a/terminal');
    expect(await at('/terminal', 'X-Forwarded-Prefix: //evil.example')).toBe('/terminal');
    for (const path of ['//evil.example/', '/\\evil.example/', 'http://evil.example/terminal', '//terminal'])
      expect(await at(path)).toBeUndefined();
  });

  it('makes a cookie for https alone where the browser came by it, and for the prefix', async () => {
    await using server = await guardedServer();
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/boxes/a' };
    const answer = await open(server, `/terminal?ticket=${ticketFor(server)}`, headers);
    expect(answer.headers['set-cookie']).toMatch(/; Path=\/boxes\/a\/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure$/);
    expect(answer.headers['set-cookie']).not.toMatch(/domain/i);
  });
});

describe('a key in the URL of a page', () => {
  it('is taken out of it in the same way', async () => {
    await using server = await guardedServer({ SANDBOX_API_KEY: API_KEY });
    const answer = await open(server, `/terminal?api_key=${API_KEY}`);
    expect([answer.statusCode, answer.headers['location']]).toEqual([303, '/terminal']);
    expect((await open(server, '/terminal', { cookie: cookieOf(answer) })).statusCode).toBe(200);
  });
});

describe('a static key', () => {
  const both = { SANDBOX_API_KEY: API_KEY, AUTH_TOKEN: 'another-key-of-the-same-kind', JWT_PUBLIC_KEY: PUBLIC_KEY };
  const ways: readonly [string, string, Readonly<Record<string, string>>, number][] = [
    ['its own header', '', { 'x-aio-api-key': API_KEY }, 200],
    ['Bearer', '', { authorization: `Bearer ${API_KEY}` }, 200],
    ['the query', `?api_key=${API_KEY}`, {}, 200],
    ['the name of the other variable', '', { authorization: `Bearer ${both.AUTH_TOKEN}` }, 200],
    ['a part of it', '', { 'x-aio-api-key': API_KEY.slice(1) }, 401],
    ['more than it', '', { 'x-aio-api-key': `${API_KEY}x` }, 401],
    ['nothing', '', { 'x-aio-api-key': '' }, 401],
    ['another case', '', { 'x-aio-api-key': API_KEY.toUpperCase() }, 401],
    ['another header', '', { 'x-api-key': API_KEY }, 401],
    ['a broken Bearer beside it', '', { authorization: 'Bearer x', 'x-aio-api-key': API_KEY }, 401],
    ['Basic', '', { authorization: `Basic ${Buffer.from(`gem:${API_KEY}`).toString('base64')}` }, 401],
    ['a cookie', '', { cookie: `api_key=${API_KEY}` }, 401],
  ];
  it.for(ways)('in %s', async ([, query, headers, status]) => {
    await using server = await guardedServer(both);
    expect((await server.app.inject({ url: `/v1/sandbox${query}`, headers })).statusCode).toBe(status);
  });

  it('stands beside tokens, and is known as what it is', async () => {
    await using server = await guardedServer(both);
    const asToken = await server.app.inject({ url: '/v1/sandbox', headers: await bearer({ sub: 'ann', mode: 'view' }) });
    expect(asToken.json()).toEqual({ kind: 'token', subject: 'ann', mode: 'view' });
    const asKey = await server.app.inject({ url: '/v1/sandbox', headers: { 'x-aio-api-key': API_KEY } });
    expect(asKey.json()).toEqual({ kind: 'key', mode: 'control' });
  });
});

describe('a call that a route makes of another on behalf of its caller', () => {
  it('comes with the caller’s access, once, and by no connection', async () => {
    await using server = await guardedServer();
    const headers = () => server.guard.innerHeaders({ kind: 'cookie', mode: 'control', surface: 'mcp', subject: 'ann' });
    const once = headers();
    const call = (given: Readonly<Record<string, string>>) =>
      server.app.inject({ method: 'POST', url: '/v1/shell/exec', headers: given });
    expect((await call(once)).json()).toEqual({ kind: 'cookie', mode: 'control', subject: 'ann' });
    expect((await call(once)).statusCode).toBe(401);
    const [name, secret] = Object.entries(headers())[0] ?? [];
    const asked = { path: '/v1/sandbox', headers: [`${name}: ${secret}`] };
    expect((await ask(await server.port(), asked)).status).toBe(401);
    const viewing = server.guard.innerHeaders({ kind: 'token', mode: 'view' });
    expect((await call(viewing)).statusCode).toBe(403);
    expect((await call(server.guard.innerHeaders(undefined))).statusCode).toBe(403);
  });
});
