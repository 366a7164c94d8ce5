import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { toPem } from '../tokens/key-set.ts';
import type { SandboxView } from './routing/views.ts';
import { createKeys, GatewayFixture } from './testing/fixture.ts';
import { Pod } from './testing/pod.ts';
import { RawClient, rawRequest, until } from './testing/raw-client.ts';

/** What strangers, tenants and web pages may try. None of it reaches a pod, and none of it is a 500. */
let pod: Pod;
let gateway: GatewayFixture;
let mine: SandboxView;
let theirs: SandboxView;
let token: string;

beforeAll(async () => {
  pod = await Pod.start();
  const timing = { headersMs: 1000, headersCheckMs: 100, unreadBodyMs: 500 };
  gateway = await GatewayFixture.start({ url: 'http://gw.example', domain: 'box.example', pools: { port: pod.port }, timing });
  mine = gateway.addSandbox({ id: 'mine' });
  theirs = gateway.addSandbox({ id: 'theirs' });
  token = await gateway.token(mine);
});
afterAll(async () => {
  await gateway.stop();
  await pod.stop();
});
beforeEach(() => {
  pod.requests.length = 0;
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

interface Forgery {
  readonly header?: object;
  readonly claims?: object;
  readonly without?: string;
  readonly by?: 'us' | 'stranger' | 'public key' | 'no one' | 'pod key';
}

/** A token as an attacker may write it. "By us" is what a leaked key could do, or a bug in what mints. */
function forge({ header = {}, claims = {}, without = '', by = 'us' }: Forgery): string {
  const { kid, privateKey, publicKey } = gateway.keys.sandboxTokens.active;
  const seconds = Math.floor(Date.now() / 1000);
  const head = { alg: 'RS256', kid, typ: 'sandbox+jwt', ...header };
  const body: Record<string, unknown> = {
    iss: 'sandfleet',
    sub: 'apikey:ci',
    aud: mine.uid,
    sandbox: mine.id,
    namespace: 'default',
    scope: 'rest mcp cdp vnc codeServer jupyter terminal preview',
    iat: seconds,
    nbf: seconds,
    exp: seconds + 60,
    ...claims,
  };
  if (without !== '') delete body[without];
  const input = `${encode(head)}.${encode(body)}`;
  const signatures: Record<NonNullable<Forgery['by']>, () => Buffer | string> = {
    us: () => signBytes('sha256', Buffer.from(input), privateKey),
    stranger: () => signBytes('sha256', Buffer.from(input), generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    'public key': () =>
      createHmac('sha256', toPem({ kid, publicKey, publicJwk: {} }))
        .update(input)
        .digest(),
    'no one': () => '',
    'pod key': () => signBytes(null, Buffer.from(input), gateway.keys.podTokens.active.privateKey),
  };
  return `${input}.${Buffer.from(signatures[by]()).toString('base64url')}`;
}

const get = (path: string, ...headers: readonly string[]) => [`GET ${path} HTTP/1.1`, 'Host: gw.example', ...headers, '\r\n'];
const bearer = (value: string) => `Authorization: Bearer ${value}`;

describe('the fixture of these attacks', () => {
  it('lets the honest request pass, also with a token that is forged honestly', async () => {
    expect((await rawRequest(gateway.port, ...get('/s/mine/v1/x', bearer(token)))).status).toBe(200);
    expect((await rawRequest(gateway.port, ...get('/s/mine/v1/x', bearer(forge({}))))).status).toBe(200);
  });
});

describe('tokens', () => {
  const year9999 = 253_370_764_800;
  const now = Math.floor(Date.now() / 1000);
  const forgeries: readonly (readonly [string, Forgery])[] = [
    ['of no algorithm', { header: { alg: 'none' }, by: 'no one' }],
    ['of no algorithm, but signed', { header: { alg: 'none' } }],
    ['of HS256 by the public key', { header: { alg: 'HS256' }, by: 'public key' }],
    ['without a signature', { by: 'no one' }],
    ['by a stranger', { by: 'stranger' }],
    ['by a key that is not ours', { header: { kid: 'other' } }],
    ['without a key id', { header: { kid: undefined } }],
    ['with a critical extension', { header: { crit: ['x'], x: 1 } }],
    ['by the key of the pods', { header: { alg: 'EdDSA', kid: undefined }, by: 'pod key' }],
    ['of the pods’ type', { header: { typ: 'JWT' } }],
    ['of no type', { header: { typ: undefined } }],
    ['that is a ticket', { header: { typ: 'ticket+jwt' }, claims: { surface: 'rest', mode: 'control', jti: 'x' } }],
    ['that is a session', { header: { typ: 'session+jwt' }, claims: { surface: 'rest', mode: 'control' } }],
    ['that expired', { claims: { iat: now - 600, nbf: now - 600, exp: now - 60 } }],
    ['that is not valid yet', { claims: { nbf: now + 60, exp: now + 120 } }],
    ['from the future', { claims: { iat: now + 60, exp: now + 120 } }],
    ['without an end', { without: 'exp' }],
    ['whose end is a text', { claims: { exp: String(now + 60) } }],
    ['whose end is the year 9999', { claims: { exp: year9999 } }],
    ['that lives too long', { claims: { exp: now + 90_000 } }],
    ['of another issuer', { claims: { iss: 'evil' } }],
    ['without an issuer', { without: 'iss' }],
    ['without an audience', { without: 'aud' }],
    ['with many audiences', { claims: { aud: ['uid-of-mine', 'uid-of-theirs'] } }],
    ['without a subject', { without: 'sub' }],
    ['whose scope is a list', { claims: { scope: ['rest'] } }],
  ];
  it.for(forgeries)('%s are no credential', async ([, forgery]) => {
    const answer = await rawRequest(gateway.port, ...get('/s/mine/v1/x', bearer(forge(forgery))));
    expect([answer.status, answer.json['code']]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(pod.requests).toEqual([]);
  });

  const texts = [
    '',
    '.',
    '..',
    'a.b.c',
    'null',
    '%00',
    'eyJhbGciOiJub25lIn0..',
    'x'.repeat(20_000),
    'sfk_abc',
    '{}',
    'a,b',
    'a b',
  ];
  it.for(texts)('%s is none', async (text) => {
    expect((await rawRequest(gateway.port, ...get('/s/mine/v1/x', bearer(text)))).status).toBe(401);
  });

  it('of a key that was taken out of use are no credential any more', async () => {
    const keys = await createKeys();
    const other = await GatewayFixture.start({ keys, pools: { port: pod.port } });
    const sandbox = other.addSandbox({ id: 'a' });
    const old = await other.token(sandbox);
    const status = async () => (await fetch(`${other.origin}/s/a/`, { headers: { authorization: `Bearer ${old}` } })).status;
    expect(await status()).toBe(200);
    const { generateSigningKeys } = await import('../tokens/key-sets.ts');
    keys.update(await generateSigningKeys());
    expect(await status()).toBe(401);
    keys.clear();
    expect(await status()).toBe(503);
    await other.stop();
  });
});

describe('credentials of one sandbox on another', () => {
  it.for([
    ['by path', 'gw.example', '/s/theirs/v1/x'],
    ['by host', 'theirs.box.example', '/v1/x'],
    ['by host with a port', '3000-theirs.box.example', '/'],
    ['on its MCP', 'gw.example', '/s/theirs/mcp'],
    ['by path, naming the own one in headers', 'gw.example', '/s/theirs/v1/x'],
  ] as const)('%s', async ([, host, path]) => {
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      bearer(token),
      'X-Sandbox-ID: mine',
      'X-Forwarded-Host: mine.box.example',
      '\r\n',
    ];
    const answer = await rawRequest(gateway.port, ...lines);
    expect([answer.status, answer.json['code']]).toEqual([403, 'WRONG_SANDBOX']);
    expect(pod.requests).toEqual([]);
  });

  it('with the own name in the token, but not the UID', async () => {
    const answer = await rawRequest(gateway.port, ...get('/s/theirs/x', bearer(forge({ claims: { sandbox: 'theirs' } }))));
    expect(answer.status).toBe(403);
  });

  it('as a cookie', async () => {
    const ticket = await gateway.ticket(mine, { surface: 'rest', mode: 'control' });
    const redeemed = await rawRequest(gateway.port, ...get(`/s/mine/?ticket=${ticket}`, 'Sec-Fetch-Mode: navigate'));
    const cookie = redeemed.headers['set-cookie']?.split(';')[0] ?? '';
    expect((await rawRequest(gateway.port, ...get('/s/theirs/', `Cookie: ${cookie}`))).status).toBe(403);
    const renamed = `sandfleet-${theirs.uid.slice(0, 12)}=${cookie.split('=')[1]}`;
    expect((await rawRequest(gateway.port, ...get('/s/theirs/', `Cookie: ${renamed}`))).status).toBe(403);
  });

  it('as a ticket, which is not spent by it', async () => {
    const ticket = await gateway.ticket(mine, { surface: 'rest', mode: 'control' });
    expect((await rawRequest(gateway.port, ...get(`/s/theirs/?ticket=${ticket}`))).status).toBe(403);
    expect((await rawRequest(gateway.port, ...get(`/s/mine/?ticket=${ticket}`, 'Sec-Fetch-Mode: navigate'))).status).toBe(303);
  });
});

describe('ids', () => {
  it('tell nothing to those without a credential', async () => {
    const answers = await Promise.all(
      ['mine', 'theirs', 'never-made', 'UPPER', '-'].map((id) =>
        rawRequest(gateway.port, ...get(`/s/${id}/x`, 'X-Request-Id: r')),
      ),
    );
    const bodies = answers.map(({ status, headers, body }) => {
      const { date: _date, 'content-length': _length, ...rest } = headers;
      return [status, rest, body.replace(/"instance":"[^"]*"/, '')];
    });
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  });

  it('that are not there are a 404 for those with one', async () => {
    for (const id of ['never-made', 'UPPER', '-']) {
      const answer = await rawRequest(gateway.port, ...get(`/s/${id}/x`, bearer(token)));
      expect([answer.status, answer.json['code']]).toEqual([404, 'SANDBOX_NOT_FOUND']);
    }
  });
});

describe('paths', () => {
  const paths: readonly (readonly [string, number])[] = [
    ['/s/mine/../theirs/x', 400],
    ['/s/mine/..%2ftheirs/x', 400],
    ['/s/mine/%2e%2e/theirs/x', 400],
    ['/s/mine/%252e%252e/theirs/x', 400],
    ['/s/mine/..;/theirs/x', 400],
    ['/s/mine/..\\theirs/x', 400],
    ['/s/mine/%5c..%5ctheirs', 400],
    ['/s/mine%2f..%2ftheirs/x', 400],
    ['/s/mine%2e/x', 400],
    ['/s/mine%00/x', 400],
    ['/s/mine/x%00', 400],
    ['/s/mine;x/x', 400],
    ['/s//mine/x', 400],
    ['/s/mine//x', 400],
    ['/s/mine//evil.example/x', 400],
    ['/s/mine/%2fevil.example', 400],
    ['/s/mine/\\evil.example', 400],
    ['/s/mine/x#y', 400],
    ['/s/mine/v1/shell%2fws', 400],
    ['/s/mine/v1;a/shell/ws', 400],
    ['/s/mine/v1//shell/ws', 400],
    ['/s/mine/%76nc/index.html', 400],
    ['/s/mine/x?a#b', 400],
    ['http://gw.example/s/mine/x', 400],
    ['http://evil.example/s/mine/x', 400],
    ['*', 400],
    ['/', 404],
    ['/x', 404],
    ['/healthz', 404],
    ['/metrics', 404],
    ['//s/mine/x', 404],
    ['/%73/mine/x', 404],
  ];
  it.for(paths)('%s is a %i', async ([path, status]) => {
    expect((await rawRequest(gateway.port, ...get(path, bearer(token)))).status).toBe(status);
    expect(pod.requests).toEqual([]);
  });

  it('that mean one thing pass byte for byte', async () => {
    for (const path of [
      '/a%2Fb/c%20d',
      '/v1/proxy/mappings/http://x/y',
      '/files/100%25',
      '/%E2%82%AC',
      '/.well-known/x',
      '/a/b;c=d',
    ]) {
      expect((await rawRequest(gateway.port, ...get(`/s/mine${path}?q=%2e%2e/`, bearer(token)))).status).toBe(200);
      expect(pod.last.url).toBe(`${path}?q=%2e%2e/`);
    }
  });
});

describe('redirects of the gateway itself', () => {
  it.for(['/s/evil.example', '/s/mine?next=//evil.example', '/s/mine?ticket=x'])('%s stays here', async (path) => {
    const answer = await rawRequest(gateway.port, ...get(path));
    expect([answer.status, answer.headers['location']]).toEqual([308, path.replace(/^(\/s\/[^?]+)/, '$1/')]);
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
  });
});

describe('hosts', () => {
  const hosts: readonly (readonly [string, number])[] = [
    ['evil.example', 421],
    ['gw.example.evil', 421],
    ['127.0.0.1', 421],
    ['localhost', 421],
    ['[::1]', 421],
    ['169.254.169.254', 421],
    ['box.example', 421],
    ['a.mine.box.example', 421],
    ['mine.box.example.', 421],
    ['70000-mine.box.example', 421],
    ['gw.example@evil', 421],
    ['gw.example, mine.box.example', 421],
    ['', 421],
    ['ö.box.example', 421],
  ];
  it.for(hosts)('%j is a %i', async ([host, status]) => {
    const answer = await rawRequest(gateway.port, 'GET /s/mine/x HTTP/1.1', `Host: ${host}`, bearer(token), '\r\n');
    expect([answer.status, answer.json['code']]).toEqual([status, 'UNKNOWN_HOST']);
    expect(pod.requests).toEqual([]);
  });

  it('on loopback are taken where nothing is configured, and those of the internet are not', async () => {
    const bare = await GatewayFixture.start({ pools: { port: pod.port } });
    const status = async (host: string) =>
      (await rawRequest(bare.port, 'GET /s/mine/x HTTP/1.1', `Host: ${host}`, '\r\n')).status;
    expect(await status(`127.0.0.1:${bare.port}`)).toBe(401);
    expect(await status('rebound.example')).toBe(421);
    await bare.stop();
  });
});

describe('bytes that are no request, or two', () => {
  const messages: readonly (readonly [string, readonly string[]])[] = [
    ['no HTTP', ['hello', '\r\n']],
    ['a header without a name', get('/s/mine/x', ': v')],
    ['a header with a space in its name', get('/s/mine/x', 'A b: v')],
    ['a header with a control character', get('/s/mine/x', 'X: a\0b')],
    ['a header that is folded', get('/s/mine/x', 'X: a', ' b')],
    ['no host', ['GET /s/mine/x HTTP/1.1', bearer('x'), '\r\n']],
    ['two hosts', get('/s/mine/x', 'Host: mine.box.example')],
    ['two lengths', get('/s/mine/x', 'Content-Length: 1', 'Content-Length: 2')],
    ['a length and chunks', get('/s/mine/x', 'Content-Length: 1', 'Transfer-Encoding: chunked')],
    ['chunks that are none', get('/s/mine/x', 'Transfer-Encoding: xchunked')],
    ['chunks of something', get('/s/mine/x', 'Transfer-Encoding: gzip, chunked')],
    ['a length that is none', get('/s/mine/x', 'Content-Length: 1x')],
    ['a negative length', get('/s/mine/x', 'Content-Length: -1')],
    ['two credentials', get('/s/mine/x', bearer('a'), bearer('b'))],
    ['a space in the path', ['GET /s/mine/x y HTTP/1.1', 'Host: gw.example', '\r\n']],
    ['a version that is none', ['GET /s/mine/x HTTP/9.9', 'Host: gw.example', '\r\n']],
    ['a method that is none', ['G<T /s/mine/x HTTP/1.1', 'Host: gw.example', '\r\n']],
    ['too many headers', get('/s/mine/x', ...Array.from({ length: 250 }, (_, i) => `X-${i}: 1`))],
  ];
  it.for(messages)('%s is a 400', async ([, lines]) => {
    const answer = await rawRequest(gateway.port, ...lines);
    expect([answer.status, answer.json['code']]).toEqual([400, 'BAD_REQUEST']);
    expect(pod.requests).toEqual([]);
  });

  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x'];
  const behind: readonly (readonly [string, () => readonly string[]])[] = [
    ['a WebSocket without a credential', () => get('/s/mine/x', ...upgrade)],
    ['a WebSocket with a credential', () => get('/s/mine/v1/shell/ws', bearer(token), ...upgrade)],
    ['a WebSocket with a host that is not ours', () => ['GET /s/mine/x HTTP/1.1', 'Host: evil.example', ...upgrade, '\r\n']],
    ['a WebSocket with a path that climbs', () => get('/s/mine/../x', ...upgrade)],
    ['a WebSocket of a ticket that is none', () => get('/s/mine/websockify?ticket=x', ...upgrade)],
    ['another protocol', () => get('/s/mine/x', bearer(token), 'Connection: Upgrade', 'Upgrade: h2c')],
  ];
  it.for(behind)('%s, asked for before an earlier answer, ends that connection and no other', async ([, lines]) => {
    const client = await RawClient.connect(gateway.port);
    client.send(...get('/s/mine/x'), ...lines());
    await client.closed();
    expect(client.text).not.toContain('101');
    expect(pod.requests).toEqual([]);
    expect((await rawRequest(gateway.port, ...get('/s/mine/x', bearer(token)))).status).toBe(200);
  });

  it('headers that are too large are a 431', async () => {
    const answer = await rawRequest(gateway.port, ...get('/s/mine/x', `X: ${'x'.repeat(40_000)}`));
    expect([answer.status, answer.json['code']]).toEqual([431, 'BAD_REQUEST']);
  });

  it('a tunnel through CONNECT is refused', async () => {
    const client = await RawClient.connect(gateway.port);
    client.send('CONNECT 169.254.169.254:80 HTTP/1.1', 'Host: gw.example', '\r\n');
    await client.closed();
    expect(client.text).not.toContain('200');
  });

  it('a body that goes on after the refusal ends the connection', async () => {
    const client = await RawClient.connect(gateway.port);
    client.send('POST /s/mine/x HTTP/1.1', 'Host: gw.example', 'Content-Length: 1000000000', '\r\n');
    expect((await client.answer()).status).toBe(401);
    const sending = setInterval(() => client.socket.writable && client.send('x'.repeat(1000)), 50);
    await client.closed();
    clearInterval(sending);
    expect(pod.requests).toEqual([]);
  });

  it('a second request in the body of the first is a part of that body', async () => {
    const inner = `GET /s/theirs/x HTTP/1.1\r\nHost: gw.example\r\n\r\n`;
    await rawRequest(
      gateway.port,
      'POST /s/mine/x HTTP/1.1',
      'Host: gw.example',
      bearer(token),
      `Content-Length: ${inner.length}`,
      '',
      inner,
    );
    expect(pod.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /x']);
  });
});

describe('headers that a client may not say', () => {
  it('do not reach the pod, also when Connection names ours', async () => {
    await rawRequest(
      gateway.port,
      ...get(
        '/s/mine/x',
        bearer(token),
        'Connection: close, authorization, x-forwarded-for, x-request-id, host, x-hop',
        'X-Hop: 1',
        'X-Forwarded-For: 6.6.6.6',
        'X-Forwarded-Proto: gopher',
        'X-Forwarded-Host: evil.example',
        'X-Forwarded-Prefix: /evil',
        'Forwarded: for=6.6.6.6',
        'X-Real-IP: 6.6.6.6',
        'X-Sandbox-UID: evil',
        'X_Sandbox_UID: evil',
        'x-aio-proxy-port: 9222',
        'X-AIO-API-Key: evil',
        'X-API-Key: evil',
        'E2b-Sandbox-Id: evil',
        'X-User: root',
        'X-Original-URI: /auth?ticket=evil',
      ),
    );
    const text = pod.last.rawHeaders.join('\n').toLowerCase();
    expect(text).not.toMatch(/evil|6\.6\.6\.6|gopher|9222|x-hop|root/);
    expect(pod.last.headers).toMatchObject({
      host: 'gw.example',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-prefix': '/s/mine',
    });
    expect(pod.last.headers.authorization).toMatch(/^Bearer eyJ/);
    expect(text).not.toContain(token.toLowerCase());
  });
});

describe('pages elsewhere that use the cookie of a person', () => {
  let cookie: string;
  beforeAll(async () => {
    const ticket = await gateway.ticket(mine, { surface: 'rest', mode: 'control' });
    const redeemed = await rawRequest(gateway.port, ...get(`/s/mine/?ticket=${ticket}`, 'Sec-Fetch-Mode: navigate'));
    cookie = `Cookie: ${redeemed.headers['set-cookie']?.split(';')[0]}`;
  });
  const post = (...headers: readonly string[]) => [
    'POST /s/mine/v1/shell/exec HTTP/1.1',
    'Host: gw.example',
    cookie,
    ...headers,
    'Content-Length: 0',
    '\r\n',
  ];

  const forms: readonly (readonly [string, readonly string[], number])[] = [
    ['a form on another site', ['Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'], 403],
    ['a form on the page of another sandbox', ['Origin: null'], 403],
    ['a form that says nothing of itself', [], 403],
    ['a fetch of a sibling', ['Origin: http://theirs.box.example', 'Sec-Fetch-Site: same-site'], 403],
    ['the own page', ['Origin: http://gw.example', 'Sec-Fetch-Site: same-origin'], 200],
  ];
  it.for(forms)('%s', async ([, headers, status]) => {
    expect((await rawRequest(gateway.port, ...post(...headers))).status).toBe(status);
  });

  it('an image on another site', async () => {
    const lines = get('/s/mine/v1/x', cookie, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors');
    expect((await rawRequest(gateway.port, ...lines)).status).toBe(403);
  });

  it('get no permission to read across origins', async () => {
    for (const origin of ['https://evil.example', 'null', 'https://gw.example.evil']) {
      const refused = await rawRequest(
        gateway.port,
        'OPTIONS /s/mine/x HTTP/1.1',
        'Host: gw.example',
        `Origin: ${origin}`,
        '\r\n',
      );
      expect(refused.status).toBe(401);
      const passed = await rawRequest(gateway.port, ...get('/s/mine/x', bearer(token), `Origin: ${origin}`));
      for (const { headers } of [refused, passed]) expect(Object.keys(headers).join()).not.toContain('access-control');
    }
  });
});

describe('guessing', () => {
  it('is slowed down by address, while tokens that are known pass', async () => {
    const other = await GatewayFixture.start({ pools: { port: pod.port } });
    const known = await other.token(other.addSandbox({ id: 'a' }));
    const status = async (value: string) =>
      (await fetch(`${other.origin}/s/a/`, { headers: { authorization: `Bearer ${value}` } })).status;
    expect(await status(known)).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 40 && !statuses.includes(429); i++)
      statuses.push(...(await Promise.all(Array.from({ length: 50 }, () => status(`${known}x`)))));
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(await status(known)).toBe(200);
    await other.stop();
  });
});

describe('slow heads', () => {
  it('end with a 408', async () => {
    const client = await RawClient.connect(gateway.port);
    client.send('GET /s/mine/x HTTP/1.1\r\nHost: gw.example\r\nX: ');
    const dripping = setInterval(() => client.socket.writable && client.send('x'), 500);
    await until(() => client.isClosed || client.text.includes('408'));
    clearInterval(dripping);
    expect(client.text).toMatch(/^HTTP\/1\.1 408 /);
    client.destroy();
  });
});
