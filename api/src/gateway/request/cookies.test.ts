import { describe, expect, it } from 'vitest';

import { sessionCookie, splitCookies } from './cookies.ts';

describe('splitCookies()', () => {
  const headers: readonly (readonly [string | undefined, readonly string[], string | undefined])[] = [
    [undefined, [], undefined],
    ['', [], ''],
    ['a=1; b="x y"', [], 'a=1; b="x y"'],
    ['__Host-sandfleet-vnc=S', ['S'], undefined],
    ['a=1; __Host-sandfleet-vnc=S; b=2', ['S'], 'a=1; b=2'],
    ['sandfleet-0123456789ab-vnc=S; a=1', ['S'], 'a=1'],
    ['sandfleet-a=S;sandfleet-b=T', ['S', 'T'], undefined],
    ['SANDFLEET-a=S', ['S'], undefined],
    ['__Secure-sandfleet=S; a=1', ['S'], 'a=1'],
    ['sandfleet-a', [], undefined],
    ['a=sandfleet-x', [], 'a=sandfleet-x'],
    [
      Array.from({ length: 40 }, (_, i) => `sandfleet-${i}=${i}`).join('; '),
      Array.from({ length: 16 }, (_, i) => `${i}`),
      undefined,
    ],
  ];
  it.for(headers)('parts %j', ([header, sessions, rest]) => {
    expect(splitCookies(header)).toEqual({ sessions, rest });
  });
});

describe('sessionCookie()', () => {
  const common = {
    sandboxUid: '01234567-89ab-4def-8123-000000000000',
    surface: 'vnc',
    port: undefined,
    page: '/vnc/index.html',
    value: 'V',
    maxAgeSeconds: 3600,
    trustsPages: false,
  } as const;

  it('is host-only and for the prefix of its sandbox alone in path mode', () => {
    expect(sessionCookie({ ...common, mode: 'path', prefix: '/s/a', secure: false })).toBe(
      'sandfleet-01234567-89a-vnc=V; Path=/s/a/; Max-Age=3600; HttpOnly; SameSite=Strict',
    );
    expect(sessionCookie({ ...common, mode: 'path', prefix: '/s/a', secure: true })).toMatch(/^sandfleet-.*; Secure$/);
  });

  it('comes along behind links of other sites where the sandboxes trust each other', () => {
    expect(sessionCookie({ ...common, mode: 'path', prefix: '/s/a', secure: false, trustsPages: true })).toBe(
      'sandfleet-01234567-89a-vnc=V; Path=/s/a/; Max-Age=3600; HttpOnly; SameSite=Lax',
    );
  });

  it('has the __Host- prefix on a host of its own over https', () => {
    expect(sessionCookie({ ...common, mode: 'subdomain', prefix: '', secure: true })).toBe(
      '__Host-sandfleet-vnc=V; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure',
    );
    expect(sessionCookie({ ...common, mode: 'subdomain', prefix: '', secure: false })).toBe(
      'sandfleet-01234567-89a-vnc=V; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax',
    );
  });

  it('is another one for each port that is previewed', () => {
    const cookie = {
      ...common,
      surface: 'preview',
      port: 3000,
      mode: 'path',
      prefix: '/s/a',
      page: '/proxy/3000/x',
      secure: false,
    } as const;
    expect(sessionCookie(cookie)).toMatch(/^sandfleet-01234567-89a-preview-3000=V; Path=\/s\/a\/proxy\/3000\/; /);
    expect(sessionCookie({ ...cookie, mode: 'subdomain', prefix: '', secure: true })).toMatch(
      /^__Host-sandfleet-preview-3000=V; Path=\/; /,
    );
  });
});
