import { describe, expect, it } from 'vitest';

import { rewriteHeaders } from './headers.ts';
import { rewriteLocation } from './location.ts';
import { rewriteSetCookie } from './set-cookie.ts';

const path = { prefix: '/s/a', host: 'gw.example', requestId: 'r1', trustsPages: false };
const host = { prefix: '', host: 'a.box.example', requestId: 'r1', trustsPages: false };
const always = ['Referrer-Policy', 'no-referrer', 'X-Content-Type-Options', 'nosniff', 'X-Request-Id', 'r1'];

describe('rewriteHeaders()', () => {
  it('passes on what belongs to the answer, in its order', () => {
    const headers = [
      'Content-Type',
      'application/json',
      'ETag',
      '"x"',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'Cache-Control',
      'no-store',
    ];
    expect(rewriteHeaders(headers, host)).toEqual([...headers, ...always]);
  });

  const dropped = [
    'Connection',
    'Keep-Alive',
    'Transfer-Encoding',
    'Upgrade',
    'Trailer',
    'Proxy-Authenticate',
    'Referrer-Policy',
    'X-Content-Type-Options',
    'X-Request-Id',
    'Alt-Svc',
    'Clear-Site-Data',
    'Strict-Transport-Security',
    'Service-Worker-Allowed',
    'NEL',
    'Report-To',
    'X-Accel-Redirect',
    'X-Sendfile',
  ];
  it.for(dropped)('does not pass on %s', (name) => {
    expect(rewriteHeaders(['Content-Type', 'text/plain', name, 'x'], path)).toEqual(['Content-Type', 'text/plain', ...always]);
  });

  const types: readonly (readonly [string | undefined, boolean])[] = [
    ['text/html', true],
    ['text/html; charset=utf-8', true],
    ['TEXT/HTML', true],
    ['application/xhtml+xml', true],
    ['image/svg+xml', true],
    ['text/xml', true],
    ['application/xml', true],
    ['application/rss+xml', true],
    ['multipart/x-mixed-replace', true],
    ['x', true],
    ['', true],
    [undefined, true],
    ['application/json', false],
    ['application/problem+json', false],
    ['text/plain; charset=utf-8', false],
    ['text/css', false],
    ['text/event-stream', false],
    ['image/png', false],
    ['application/octet-stream', false],
    ['font/woff2', false],
  ];
  it.for(types)('gives a page of type %j an opaque origin in path mode: %s', ([type, isSandboxed]) => {
    const headers = type === undefined ? [] : ['Content-Type', type];
    const policy = 'sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads';
    expect(rewriteHeaders(headers, path).includes(policy)).toBe(isSandboxed);
    expect(rewriteHeaders(headers, host).includes(policy)).toBe(false);
    expect(rewriteHeaders(headers, { ...path, trustsPages: true }).includes(policy)).toBe(false);
  });

  it('keeps the page’s own policy beside ours', () => {
    const headers = rewriteHeaders(['Content-Type', 'text/html', 'Content-Security-Policy', "default-src 'self'"], path);
    expect(headers.filter((value) => value === 'Content-Security-Policy')).toHaveLength(2);
  });
});

describe('rewriteLocation()', () => {
  const locations: readonly (readonly [string, string])[] = [
    ['/lab', '/s/a/lab'],
    ['/', '/s/a/'],
    ['/?x', '/s/a/?x'],
    ['/s/a/lab', '/s/a/lab'],
    ['/s/a', '/s/a'],
    ['/s/a?x', '/s/a?x'],
    ['/s/ab', '/s/a/s/ab'],
    ['/s/b/', '/s/a/s/b/'],
    ['lab', 'lab'],
    ['../lab', '../lab'],
    ['?x', '?x'],
    ['http://gw.example/lab', 'http://gw.example/s/a/lab'],
    ['HTTPS://GW.example/lab', 'HTTPS://GW.example/s/a/lab'],
    ['http://gw.example', 'http://gw.example/s/a/'],
    ['http://gw.example?x', 'http://gw.example/s/a/?x'],
    ['//gw.example/lab', '//gw.example/s/a/lab'],
    ['http://gw.example/s/a/lab', 'http://gw.example/s/a/lab'],
    ['https://other.example/lab', 'https://other.example/lab'],
    ['//other.example/lab', '//other.example/lab'],
    ['mailto:a@b', 'mailto:a@b'],
  ];
  it.for(locations)('puts %s at %s', ([value, expected]) => {
    expect(rewriteLocation(value, '/s/a', 'gw.example')).toBe(expected);
    expect(rewriteLocation(value, '', 'gw.example')).toBe(value);
  });
});

describe('rewriteSetCookie()', () => {
  const cookies: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['a=1', 'a=1', 'a=1'],
    ['a=1; Path=/', 'a=1; Path=/s/a/', 'a=1; Path=/'],
    ['a=1; path=/x; HttpOnly', 'a=1; Path=/s/a/x; HttpOnly', 'a=1; path=/x; HttpOnly'],
    ['a=1; Path=/s/a/x', 'a=1; Path=/s/a/x', 'a=1; Path=/s/a/x'],
    ['a=1; Path=/s/b/', 'a=1; Path=/s/a/s/b/', 'a=1; Path=/s/b/'],
    ['a=1; Path=', 'a=1', 'a=1; Path='],
    ['a=1; Path', 'a=1', 'a=1; Path'],
    ['a=1; Path=x', 'a=1', 'a=1; Path=x'],
    ['a=1; Domain=.box.example; Secure', 'a=1; Secure', 'a=1; Secure'],
    ['a=1; DOMAIN = box.example', 'a=1', 'a=1'],
    ['sandfleet-0123456789ab=x; Path=/', undefined, undefined],
    ['__Host-sandfleet=x; Secure; Path=/', undefined, undefined],
    ['__host-Sandfleet=x', undefined, undefined],
    ['=sandfleet-0123456789ab=x', undefined, undefined],
    ['sandfleet-x', undefined, undefined],
    ['token', 'token', 'token'],
  ];
  it.for(cookies)('holds %j to its sandbox', ([value, inPath, onHost]) => {
    expect(rewriteSetCookie(value, '/s/a')).toBe(inPath);
    expect(rewriteSetCookie(value, '')).toBe(onHost);
  });
});
