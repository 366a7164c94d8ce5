import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { HANDSHAKE, listeningRuntime, program, sendRaw, type ListeningRuntime, type Program } from '../fixtures.ts';

const KEY = 'a-key-of-enough-characters';
const REACHED = 'the program was reached';

let inner: Program;
let guarded: ListeningRuntime;
let open: ListeningRuntime;
/** Requests that the program got, as one text each. */
let seen: string[] = [];

beforeAll(async () => {
  inner = await program((request, response) => {
    seen.push(`${request.url} ${JSON.stringify(request.headers)}`);
    response.end(REACHED);
  });
  guarded = await listeningRuntime({ SANDBOX_API_KEY: KEY });
  open = await listeningRuntime();
});
afterAll(async () => {
  await Promise.all([guarded, open, inner].map((one) => one[Symbol.asyncDispose]()));
});

interface Asked {
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: string;
}

async function ask(runtime: ListeningRuntime, { target, headers = {}, method = 'GET', body = '' }: Asked) {
  seen = [];
  const lines = Object.entries({ Host: 'box.test', Connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}`);
  const text = await sendRaw(runtime.port, `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  return { status: Number(text.slice(9, 12)), text };
}

const fill = (text: string): string => text.replaceAll('PORT', String(inner.port)).replaceAll('OWN', String(open.port));
const filled = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]));

describe('a request that names a port', () => {
  const refused: readonly [string, string, Readonly<Record<string, string>>, number][] = [
    ['the runtime by its public port', '/proxy/8080/v1/shell/sessions', {}, 403],
    ['the runtime by the port that it listens on', '/proxy/OWN/v1/shell/sessions', {}, 403],
    ['DevTools', '/proxy/9222/json', {}, 403],
    ['DevTools with its path whole', '/absproxy/9222/json', {}, 403],
    ['JupyterLab', '/proxy/8888/api', {}, 403],
    ['the forward proxy', '/proxy/8118/', {}, 403],
    ['the runtime by a host', '/', { Host: '8080-x' }, 403],
    ['the runtime by a host with a domain', '/v1/ping', { Host: '8080-abc.box.test' }, 403],
    ['the port that it listens on by a host', '/v1/ping', { Host: 'OWN-x' }, 403],
    ['DevTools by a header', '/json', { 'x-aio-proxy-port': '9222' }, 403],
    ['DevTools by a host', '/json/version', { Host: '9222-x' }, 403],
    ['an escaped digit', '/proxy/%38080/', {}, 400],
    ['a leading zero', '/proxy/08080/', {}, 400],
    ['a leading zero in a host', '/', { Host: '08080-x' }, 400],
    ['a leading zero in a header', '/', { 'x-aio-proxy-port': '09222' }, 400],
    ['a sign', '/proxy/+9222/', {}, 400],
    ['another base', '/proxy/0x2406/', {}, 400],
    ['an exponent', '/proxy/9222e0/', {}, 400],
    ['digits of another script', '/proxy/%EF%BC%99222/', {}, 400],
    ['zero', '/proxy/0/', {}, 400],
    ['more than there are', '/proxy/65536/', {}, 400],
    ['more than there are, and 9222 after an overflow', '/proxy/74758/', {}, 400],
    ['an address of IPv6', '/proxy/[::1]:9222/', {}, 400],
    ['an address', '/proxy/127.0.0.1:9222/', {}, 400],
    ['a port with a name before it', '/proxy/x@PORT/', {}, 400],
    ['a slash that is escaped', '/proxy/PORT%2F..%2F9222/', {}, 400],
    ['a prefix that is escaped', '/%70roxy/PORT/', {}, 400],
    ['a path parameter', '/proxy/PORT;9222/', {}, 400],
    ['two ports by headers', '/', { 'x-aio-proxy-port': '9222, PORT' }, 400],
    ['a header and a host that differ', '/', { Host: 'PORT-x', 'x-aio-proxy-port': '9222' }, 400],
    ['no digits in the header', '/', { 'x-aio-proxy-port': 'PORTx' }, 400],
    ['a negative port in the header', '/', { 'x-aio-proxy-port': '-1' }, 400],
    ['a port by its path in another case', '/PROXY/PORT/', {}, 404],
    ['two slashes before it', '//proxy/PORT/', {}, 404],
    ['an absolute target', 'http://127.0.0.1:9222/proxy/PORT/', {}, 400],
    ['an absolute target under a host', 'http://x/', { Host: 'PORT-x' }, 400],
    ['the runtime below a program’s host', '/proxy/8080/v1/ping', { Host: '8080-x' }, 403],
  ];
  it.for(refused)('is refused for %s', async ([, target, headers, status]) => {
    const answer = await ask(open, { target: fill(target), headers: filled(headers) });
    expect([answer.status, seen]).toEqual([status, []]);
  });

  it.for(refused)('is refused without a credential for %s', async ([, target, headers]) => {
    const answer = await ask(guarded, { target: fill(target), headers: filled(headers) });
    expect([answer.status, seen]).toEqual([401, []]);
  });

  const reached: readonly [string, string, Readonly<Record<string, string>>, string][] = [
    ['a path', '/proxy/PORT/v1/ping?x=1', {}, '/v1/ping?x=1'],
    ['a whole path', '/absproxy/PORT/a', {}, '/absproxy/PORT/a'],
    ['a host, where the runtime has the same path', '/v1/ping', { Host: 'PORT-x' }, '/v1/ping'],
    ['a host, where the runtime has a document', '/v1/openapi.json', { Host: 'PORT-abc.box.test:8080' }, '/v1/openapi.json'],
    ['a host, at its root', '/', { Host: 'PORT-x' }, '/'],
    ['a host, under a name of a preview', '/proxy/9222/json', { Host: 'PORT-x' }, '/proxy/9222/json'],
    ['a host, where DevTools are', '/json/version', { Host: 'PORT-x' }, '/json/version'],
    ['a header', '/metrics', { 'x-aio-proxy-port': 'PORT' }, '/metrics'],
    ['a header and a host that agree', '/x', { Host: 'PORT-x', 'x-aio-proxy-port': 'PORT' }, '/x'],
    ['dots that the program may read', '/proxy/PORT/../9222/', {}, '/../9222/'],
  ];
  it.for(reached)('reaches the program by %s, behind the guard alone', async ([, target, headers, path]) => {
    const asked = { target: fill(target), headers: filled(headers) };
    expect((await ask(guarded, asked)).status).toBe(401);
    expect(seen).toEqual([]);
    const answer = await ask(guarded, { ...asked, headers: { ...asked.headers, 'X-AIO-API-Key': KEY } });
    expect([answer.status, seen.map((request) => request.split(' ')[0])]).toEqual([200, [fill(path)]]);
    expect(seen.join()).not.toContain(KEY);
  });

  it.for(reached)('asks for a WebSocket by %s behind the guard alone', async ([, target, headers]) => {
    const asked = { target: fill(target), headers: { ...filled(headers), ...HANDSHAKE } };
    expect((await ask(guarded, asked)).status).toBe(401);
    const foreign = { ...asked, headers: { ...asked.headers, 'X-AIO-API-Key': KEY, Origin: 'http://evil.test' } };
    expect((await ask(guarded, foreign)).status).toBe(403);
    expect(seen).toEqual([]);
  });

  it.for([
    ['a host without a name behind the port', { Host: 'PORT-' }],
    ['a host whose name begins with a dot', { Host: 'PORT-.x' }],
    ['a host with the port elsewhere', { Host: 'x.PORT-y' }],
    ['a port in the host', { Host: 'x:PORT' }],
    ['a forwarded host', { 'X-Forwarded-Host': 'PORT-x' }],
  ] as const)('is one of the runtime’s own for %s', async ([, headers]) => {
    expect((await ask(guarded, { target: '/v1/shell/sessions', headers: filled(headers) })).status).toBe(401);
    expect((await ask(open, { target: '/v1/shell/sessions', headers: filled(headers) })).text).toContain('"success":true');
    expect(seen).toEqual([]);
  });
});

describe('what lets a caller in', () => {
  it.for([
    ['a bearer', '/proxy/PORT/', { Authorization: `Bearer ${KEY}` }],
    ['a key', '/proxy/PORT/', { 'X-AIO-API-Key': KEY }],
    ['a key in the query', `/proxy/PORT/?a=1&api_key=${KEY}&b=2`, {}],
    ['a key in the query, written otherwise', `/proxy/PORT/?%61pi_key=${KEY}`, {}],
    ['a key by a host', `/x?api_key=${KEY}`, { Host: 'PORT-x' }],
    ['a Referer', '/proxy/PORT/', { 'X-AIO-API-Key': KEY, Referer: `http://box.test/?api_key=${KEY}` }],
    ['a cookie', '/proxy/PORT/', { 'X-AIO-API-Key': KEY, Cookie: `sandfleet_page=${KEY}; own=1` }],
  ] as const)('never reaches a program as %s', async ([, target, headers]) => {
    const answer = await ask(guarded, { target: fill(target), headers: filled(headers) });
    // A key in the URL of a page may be answered with the clean URL first.
    expect([200, 303]).toContain(answer.status);
    expect(seen.join()).not.toContain(KEY);
  });

  it('is nobody’s but the program’s where nobody needs it', async () => {
    const headers = { Authorization: 'Basic b3duOm93bg==' };
    expect((await ask(open, { target: fill('/proxy/PORT/?api_key=own&ticket=own'), headers })).status).toBe(200);
    expect(seen.join()).toMatch(/^\/\?api_key=own&ticket=own .*"authorization":"Basic b3duOm93bg=="/);
  });
});

describe('a request that could be two', () => {
  it.for([
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 0'],
    ['chunks that are none', 'Transfer-Encoding: xchunked'],
    ['chunks behind a blank', 'Transfer-Encoding : chunked'],
    ['chunks twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'],
    ['a folded header', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 5'],
    ['two hosts', 'Host: other.test'],
  ])('is refused with %s', async ([, lines]) => {
    seen = [];
    const smuggled = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
    const head = `POST ${fill('/proxy/PORT/')} HTTP/1.1\r\nHost: box.test\r\nConnection: close\r\n${lines}\r\n\r\n`;
    expect(await sendRaw(open.port, head + smuggled)).toMatch(/^HTTP\/1.1 400 /);
    expect(seen).toEqual([]);
  });

  it('is refused with a body that asks for a WebSocket', async () => {
    const headers = { ...HANDSHAKE, 'Content-Length': '30' };
    expect((await ask(open, { target: fill('/proxy/PORT/'), headers, body: 'GET /smuggled HTTP/1.1\r\n\r\n' })).status).toBe(400);
    expect(seen).toEqual([]);
  });
});

describe('a port on which nobody listens', () => {
  const page = { Accept: 'text/html,*/*', 'Sec-Fetch-Dest': 'document' };

  it('has a page that names it and asks again, for a person', async () => {
    const { status, text } = await ask(open, { target: '/proxy/24499/', headers: page });
    expect(status).toBe(502);
    expect(text).toMatch(/content-type: text\/html/i);
    expect(text).toMatch(/retry-after: 2/i);
    expect(text).toContain('<meta http-equiv="refresh" content="2">');
    expect(text).toContain('Port 24499 takes no connection');
  });

  it.for([
    ['a script', { ...page, 'Sec-Fetch-Dest': 'empty' }],
    ['a program', { Accept: '*/*' }],
  ])('is told as JSON to %s', async ([, headers]) => {
    const { status, text } = await ask(open, { target: '/', headers: { Host: '24499-x', ...(headers as object) } });
    expect(status).toBe(502);
    expect(text).toMatch(/\{"success":false,"message":"Port 24499 takes no connection[^"]*","data":null\}/);
  });
});

describe('a preview’s own address', () => {
  it.for([
    ['/proxy/PORT?a=b', {}, '/proxy/PORT/?a=b'],
    ['/absproxy/PORT', { 'X-Forwarded-Prefix': '/s/abc' }, '/s/abc/absproxy/PORT/'],
  ] as const)('%s leads to the folder', async ([target, headers, location]) => {
    const { status, text } = await ask(open, { target: fill(target), headers });
    expect([status, /^location: (.*)\r$/im.exec(text)?.[1]]).toEqual([307, fill(location)]);
  });
});
