import { describe, expect, it } from 'vitest';

import { parseHead } from './response-head.ts';

const parse = (lines: readonly string[], isBodiless = false) => parseHead(lines.join('\r\n'), isBodiless);

describe('parseHead()', () => {
  it('reads status, headers and framing', () => {
    expect(parse(['HTTP/1.1 200 OK', 'Content-Length: 5', 'X-A:  b c ', 'x-a:d', 'Keep-Alive: timeout=72, max=5'])).toEqual({
      status: 200,
      headers: ['Content-Length', '5', 'X-A', 'b c', 'x-a', 'd', 'Keep-Alive', 'timeout=72, max=5'],
      body: { kind: 'length', length: 5 },
      keepsAlive: true,
      idleSeconds: 72,
    });
  });

  const framings = [
    ['a chunked one', ['HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked'], false, 'chunked', true],
    ['one without a length', ['HTTP/1.1 200 OK'], false, 'close', false],
    ['an empty one', ['HTTP/1.1 200 OK', 'Content-Length: 0'], false, 'none', true],
    ['one to HEAD', ['HTTP/1.1 200 OK', 'Content-Length: 5'], true, 'none', true],
    ['a 204', ['HTTP/1.1 204 No Content'], false, 'none', true],
    ['a 304 with a length', ['HTTP/1.1 304 Not Modified', 'Content-Length: 5'], false, 'none', true],
    ['one that closes', ['HTTP/1.1 200 OK', 'Content-Length: 5', 'Connection: foo, Close'], false, 'length', false],
    ['one of HTTP/1.0', ['HTTP/1.0 200 OK', 'Content-Length: 5'], false, 'length', false],
    ['one without a reason', ['HTTP/1.1 200', 'Content-Length: 0'], false, 'none', true],
    ['the same length twice', ['HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 5'], false, 'length', true],
  ] as const;
  it.for(framings)('finds the end of %s', ([, lines, isBodiless, kind, keepsAlive]) => {
    expect(parse(lines, isBodiless)).toMatchObject({ body: { kind }, keepsAlive });
  });

  it('passes on a length that is said twice once', () => {
    expect(parse(['HTTP/1.1 200 OK', 'Content-Length: 5', 'X-A: 1', 'content-length: 5']).headers).toEqual([
      'Content-Length',
      '5',
      'X-A',
      '1',
    ]);
  });

  const bad: readonly (readonly string[])[] = [
    [''],
    ['HTTP/2 200 OK'],
    ['HTTP/1.1 99 Low'],
    ['HTTP/1.1 2000 High'],
    ['HTTP/1.1  200 OK'],
    ['200 OK'],
    ['HTTP/1.1 200 OK', ''],
    ['HTTP/1.1 200 OK', 'NoColon'],
    ['HTTP/1.1 200 OK', ': v'],
    ['HTTP/1.1 200 OK', 'A b: v'],
    ['HTTP/1.1 200 OK', 'A : v'],
    ['HTTP/1.1 200 OK', ' folded'],
    ['HTTP/1.1 200 OK', 'A: b', '\tfolded'],
    ['HTTP/1.1 200 OK', 'A: b\nX-Injected: c'],
    ['HTTP/1.1 200 OK', 'A: b\rX-Injected: c'],
    ['HTTP/1.1 200 OK\nX-Injected: c'],
    ['HTTP/1.1 200 OK', 'A: \0'],
    ['HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 6'],
    ['HTTP/1.1 200 OK', 'Content-Length: +5'],
    ['HTTP/1.1 200 OK', 'Content-Length: 5, 5'],
    ['HTTP/1.1 200 OK', 'Content-Length: 0x5'],
    ['HTTP/1.1 200 OK', 'Content-Length: 99999999999999999999'],
    ['HTTP/1.1 200 OK', 'Content-Length:'],
    ['HTTP/1.1 200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked'],
    ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['HTTP/1.1 200 OK', 'Transfer-Encoding: identity'],
    ['HTTP/1.1 200 OK', ...Array.from({ length: 300 }, (_, i) => `X-${i}: 1`)],
  ];
  it.for(bad.map((lines) => [lines] as const))('refuses %j', ([lines]) => {
    expect(() => parse(lines)).toThrow(expect.objectContaining({ name: 'ResponseSyntaxError' }));
  });
});
