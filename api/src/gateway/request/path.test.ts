import { describe, expect, it } from 'vitest';

import { canonicalPath } from './path.ts';

describe('canonicalPath()', () => {
  const plain = ['/', '/v1/sandbox', "/v1/file/a.b-c_d~e!$&'()*+,=:@", '/jupyter/lab/', '/@scope/name'];
  it.for(plain)('leaves %s as it is', (path) => {
    expect(canonicalPath(path)).toBe(path);
  });

  const canonical: readonly (readonly [string, string])[] = [
    ['/.well-known/x', '/.well-known/x'],
    ['/v1/%73hell', '/v1/shell'],
    ['/v1/shell%2fws', '/v1/shell/ws'],
    ['/v1/%2573hell', '/v1/shell'],
    ['/v1//shell///ws', '/v1/shell/ws'],
    ['/v1;a=1/shell/ws;b', '/v1/shell/ws'],
    ['/v1/shell/w%73%3bx', '/v1/shell/ws'],
    ['/files/100%25', '/files/100%'],
    ['/files/%E2%82%AC', '/files/€'],
    ['/...', '/...'],
    ['/..a/b', '/..a/b'],
    ['/v1/proxy/mappings/http://x', '/v1/proxy/mappings/http:/x'],
  ];
  it.for(canonical)('reads %s as %s', ([path, expected]) => {
    expect(canonicalPath(path)).toBe(expected);
  });

  const attacks = [
    '',
    'v1/sandbox',
    '*',
    'http://other/v1',
    '/a/../b',
    '/a/./b',
    '/..',
    '/.',
    '/a/%2e%2e/b',
    '/a/%2E%2e/b',
    '/a/.%2e/b',
    '/a/..%2fb',
    '/a/..%2f..%2fb',
    '/a%2f..%2fb',
    '/a/%252e%252e/b',
    '/a/%25252e%25252e/b',
    '/a/..%252fb',
    '/a/..;/b',
    '/a/..;x=1/b',
    '/a/.;/b',
    '/a/..%3b/b',
    '/a/%2e%2e%3bx/b',
    '/a\\b',
    '/a%5cb',
    '/a%5c..%5cb',
    '/a%255cb',
    '/\\evil.example',
    '//evil.example',
    '//evil.example/..',
    '/%2fevil.example',
    '/%252fevil.example',
    '/a%00b',
    '/a%2500b',
    '/a%0d%0aX: y',
    '/a%0ab',
    '/a%7f',
    '/a%',
    '/a%zz',
    '/a%c0%ae%c0%ae/b',
    '/a%ff',
    '/a b',
    '/a\tb',
    '/a#b',
    '/ä',
    '/%2525252525252e',
  ];
  it.for(attacks)('refuses %j', (path) => {
    expect(() => canonicalPath(path)).toThrow(expect.objectContaining({ code: 'BAD_PATH' }));
  });

  it('takes time in proportion to the length of what it refuses', () => {
    const started = performance.now();
    for (const unit of ['/a', '/;', '/%25', '%', '/.a', ';'])
      try {
        canonicalPath(`/${unit.repeat(16_384 / unit.length)}`);
      } catch {
        // Refused or not, it ends.
      }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
