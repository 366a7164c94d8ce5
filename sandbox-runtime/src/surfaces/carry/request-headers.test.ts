import { describe, expect, it } from 'vitest';

import { requestHeaders, type RequestFacts } from './request-headers.ts';

const facts = (rawHeaders: readonly string[], more: Partial<RequestFacts> = {}): RequestFacts => ({
  method: 'GET',
  rawHeaders,
  remoteAddress: '10.0.0.9',
  outside: { scheme: 'https', host: 'box.test', prefix: '/s/a' },
  prefix: '/proxy/3000',
  passAuthorization: false,
  set: {},
  isUpgrade: false,
  ...more,
});

/** The headers by name in lower case; a name that is there twice is a list. */
function sent(given: RequestFacts): Record<string, string | string[]> {
  const list = requestHeaders(given);
  const out: Record<string, string | string[]> = {};
  for (let i = 0; i < list.length; i += 2) {
    const name = (list[i] ?? '').toLowerCase();
    const before = out[name];
    out[name] = before === undefined ? (list[i + 1] ?? '') : [before, list[i + 1] ?? ''].flat();
  }
  return out;
}

const FORWARDED = {
  'x-forwarded-for': '10.0.0.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'box.test',
  'x-forwarded-prefix': '/s/a/proxy/3000',
};

describe('requestHeaders()', () => {
  it('keeps what the caller sent, in its order and its spelling', () => {
    const headers = requestHeaders(facts(['Host', 'box.test', 'X-One', '1', 'accept', 'a', 'X-One', '2'], { prefix: '' }));
    expect(headers.slice(0, 8)).toEqual(['Host', 'box.test', 'X-One', '1', 'accept', 'a', 'X-One', '2']);
  });

  const dropped: readonly [string, readonly string[]][] = [
    ['a bearer token', ['Authorization', 'Bearer abc']],
    ['a key', ['X-AIO-API-Key', 'k']],
    ['a key with underscores', ['x_aio_api_key', 'k']],
    ['the port of a preview', ['x-aio-proxy-port', '3000']],
    ['a call of our own', ['X-Sandfleet-Inner', 's']],
    ['the cookie of the guard', ['Cookie', 'sandfleet_page=1; __Host-sandfleet=2; __Secure-sandfleet-x=3']],
    ['a Referer with a ticket', ['Referer', 'https://box.test/vnc/?ticket=abc']],
    ['a Referer with the ticket of a socket inside', ['Referer', 'https://box.test/vnc/?path=websockify%3Fticket%3Dabc']],
    ['a Referer with a key', ['Referer', 'https://box.test/?api_key=abc']],
    ['credentials for a proxy', ['Proxy-Authorization', 'Basic abc']],
    ['Forwarded', ['Forwarded', 'for=1.2.3.4;host=evil.test']],
    ['an address of its own', ['X-Real-IP', '1.2.3.4']],
    ['a port of its own', ['X-Forwarded-Port', '1']],
    ['a user of its own', ['X_Forwarded_User', 'root']],
    ['a URL for front controllers', ['X-Original-URL', '/admin']],
    ['headers for one hop', ['Connection', 'close', 'Keep-Alive', 'timeout=5', 'TE', 'trailers', 'Upgrade', 'h2c']],
    ['what Connection names', ['Connection', 'x-internal, keep-alive', 'X-Internal', '1']],
    ['an expectation', ['Expect', '100-continue']],
  ];
  it.for(dropped)('drops %s', ([, headers]) => {
    expect(sent(facts(['Host', 'box.test', ...headers]))).toEqual({ host: 'box.test', ...FORWARDED });
  });

  it('lets no Connection header name away what it adds', () => {
    const named = 'x-forwarded-for, x-forwarded-proto, x-forwarded-host, x-forwarded-prefix, host, content-length';
    const headers = facts(['Host', 'box.test', 'Connection', named, 'Content-Length', '3'], { method: 'POST' });
    expect(sent(headers)).toEqual({ host: 'box.test', ...FORWARDED, 'content-length': '3' });
  });

  const refused: readonly [string, readonly string[]][] = [
    ['two lengths', ['Content-Length', '3', 'Content-Length', '4']],
    ['a length and chunks', ['Content-Length', '3', 'Transfer-Encoding', 'chunked']],
    ['chunks twice', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    ['an encoding that nobody knows', ['Transfer-Encoding', 'xchunked']],
    ['a compressed encoding', ['Transfer-Encoding', 'gzip, chunked']],
    ['two hosts', ['Host', 'other.test']],
    ['two origins', ['Origin', 'https://a.test', 'Origin', 'https://b.test']],
    ['a carriage return', ['X-A', 'a\rB: c']],
    ['a line feed', ['X-A', 'a\nB: c']],
    ['a zero byte', ['X-A', 'a\0']],
    ['200 headers', Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? `x-${i}` : 'v'))],
  ];
  it.for(refused)('refuses %s', ([, headers]) => {
    expect(() => requestHeaders(facts(['Host', 'box.test', ...headers], { method: 'POST' }))).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    );
  });

  it.for([
    ['a chain that a gateway wrote', '1.2.3.4, 10.1.1.1', '1.2.3.4, 10.1.1.1'],
    ['the peer for a chain that is none', 'evil"><script>', '10.0.0.9'],
  ])('names as the client %s', ([, given = '', expected]) => {
    expect(sent(facts(['Host', 'box.test', 'X-Forwarded-For', given]))['x-forwarded-for']).toBe(expected);
  });

  it.for([
    ['POST', [], { 'content-length': '0' }],
    ['GET', [], {}],
    ['DELETE', [], {}],
    ['PUT', ['Content-Length', '12'], { 'content-length': '12' }],
    ['POST', ['Transfer-Encoding', 'chunked'], { 'transfer-encoding': 'chunked' }],
  ] as const)('frames the body of %s with %j', ([method, headers, expected]) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = sent(facts(['Host', 'b', ...headers], { method }));
    expect(JSON.parse(JSON.stringify({ 'content-length': length, 'transfer-encoding': encoding }))).toEqual(expected);
  });

  it('keeps cookies and a Referer of the page’s own', () => {
    const headers = ['Host', 'b', 'Cookie', 'a=1; sandfleet_page=2', 'Cookie', 'b=3', 'Referer', 'https://box.test/x?y=1'];
    expect(sent(facts(headers))).toMatchObject({
      cookie: expect.stringMatching(/^a=1; ?b=3$/),
      referer: 'https://box.test/x?y=1',
    });
  });

  it('passes Authorization on where it is none of ours, and puts our own in its place where there is one', () => {
    const headers = ['Host', 'b', 'Authorization', 'Basic abc'];
    expect(sent(facts(headers, { passAuthorization: true })).authorization).toBe('Basic abc');
    const own = facts(headers, { passAuthorization: true, set: { authorization: 'token t', origin: undefined } });
    expect(sent({ ...own, rawHeaders: [...headers, 'Origin', 'https://x.test'] })).toEqual({
      host: 'b',
      ...FORWARDED,
      authorization: 'token t',
    });
  });
});
