import { describe, expect, it } from 'vitest';

import { addressOf, portOf } from './address.ts';
import { hostsOf } from './host.ts';

const hosts = hostsOf({ url: 'http://gw.example', domain: 'box.example' });
const path = (target: string) => addressOf(hosts, 'gw.example', target);
const host = (label: string, target = '/') => addressOf(hosts, `${label}.box.example`, target);

describe('addressOf()', () => {
  it('reads a path', () => {
    expect(path('/s/abc/v1/sandbox?a=/s/b/')).toEqual({
      id: 'abc',
      mode: 'path',
      prefix: '/s/abc',
      port: undefined,
      path: '/v1/sandbox',
      query: '?a=/s/b/',
    });
    expect(path('/s/abc/')).toMatchObject({ path: '/', query: '' });
  });

  it('reads a host name, with and without a port', () => {
    expect(host('abc', '/x?y')).toEqual({ id: 'abc', mode: 'subdomain', prefix: '', port: undefined, path: '/x', query: '?y' });
    expect(host('3000-abc')).toMatchObject({ id: 'abc', port: 3000 });
    expect(host('3000-4000-abc')).toMatchObject({ id: '4000-abc', port: 3000 });
    expect(host('a-3000')).toMatchObject({ id: 'a-3000', port: undefined });
  });

  it('adds the slash that relative links need', () => {
    expect(path('/s/abc')).toEqual({ redirect: '/s/abc/' });
    expect(path('/s/abc?ticket=x')).toEqual({ redirect: '/s/abc/?ticket=x' });
  });

  const refused: readonly (readonly [string, string])[] = [
    ['/', 'NOT_FOUND'],
    ['/s', 'NOT_FOUND'],
    ['/v1/sandboxes', 'NOT_FOUND'],
    ['/%73/abc/', 'NOT_FOUND'],
    ['//s/abc/', 'NOT_FOUND'],
    ['/S/abc/', 'NOT_FOUND'],
    ['/s/', 'BAD_PATH'],
    ['/s//abc/', 'BAD_PATH'],
    ['/s/../x', 'BAD_PATH'],
    ['/s/./x', 'BAD_PATH'],
    ['/s/a%2fb/', 'BAD_PATH'],
    ['/s/a%2f..%2fb/', 'BAD_PATH'],
    ['/s/%61bc/', 'BAD_PATH'],
    ['/s/a;b/', 'BAD_PATH'],
    ['/s/a?x#y', 'BAD_PATH'],
    ['/s/a?ä', 'BAD_PATH'],
    ['/s/a/?x y', 'BAD_PATH'],
    ['/s/a\\b/', 'BAD_PATH'],
    ['/s/a%00/', 'BAD_PATH'],
    ['/s/ä/', 'BAD_PATH'],
    [`/s/${'a'.repeat(64)}/`, 'BAD_PATH'],
    ['http://gw.example/s/abc/', 'BAD_PATH'],
    ['*', 'BAD_PATH'],
    ['?x', 'BAD_PATH'],
  ];
  it.for(refused)('refuses %s with %s', ([target, code]) => {
    expect(() => path(target)).toThrow(expect.objectContaining({ code }));
  });

  it('takes the longest id that there is, and no longer one', () => {
    const id = 'a'.repeat(63);
    expect([path(`/s/${id}/`), host(id), host(`3000-${id}`)]).toEqual(Array(3).fill(expect.objectContaining({ id })));
    for (const label of [`${id}a`, `3000-${id}a`])
      expect(() => host(label)).toThrow(expect.objectContaining({ code: 'UNKNOWN_HOST' }));
  });

  it.for(['0-abc', '65536-abc', '080-abc', '99999999-abc'])('refuses the port of %s', (label) => {
    expect(() => host(label)).toThrow(expect.objectContaining({ code: 'UNKNOWN_HOST' }));
  });
});

describe('portOf()', () => {
  const texts: readonly (readonly [string, number | undefined])[] = [
    ['1', 1],
    ['65535', 65_535],
    ['0', undefined],
    ['65536', undefined],
    ['08080', undefined],
    ['+80', undefined],
    ['8e1', undefined],
    ['0x50', undefined],
    ['80 ', undefined],
    ['', undefined],
  ];
  it.for(texts)('reads %j', ([text, expected]) => {
    expect(portOf(text)).toBe(expected);
  });
});
