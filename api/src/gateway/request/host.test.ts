import { describe, expect, it } from 'vitest';

import { hostsOf, parseHost, placeOf } from './host.ts';

describe('parseHost()', () => {
  const hosts: readonly (readonly [string, unknown])[] = [
    ['Example.COM', { name: 'example.com', port: undefined }],
    ['example.com:8080', { name: 'example.com', port: '8080' }],
    ['10.0.0.1:80', { name: '10.0.0.1', port: '80' }],
    ['[::1]:80', { name: '::1', port: '80' }],
    ['', undefined],
    ['a b', undefined],
    ['a/b', undefined],
    ['a@b', undefined],
    ['a:b', undefined],
    ['a:123456', undefined],
    ['a:80:80', undefined],
    ['[::1', undefined],
    ['[1.2.3.4]', undefined],
    ['example.com.', undefined],
    ['.example.com', undefined],
    ['a,b', undefined],
    ['exämple', undefined],
  ];
  it.for(hosts)('reads %j', ([text, expected]) => {
    expect(parseHost(text)).toEqual(expected);
  });
});

describe('placeOf()', () => {
  const byUrl = hostsOf({ url: 'http://10.1.2.3:30080' });
  const byDomain = hostsOf({ url: 'https://gateway.example', domain: 'Box.Example' });
  const alone = hostsOf({ domain: 'box.example' });
  const nothing = hostsOf({});

  const served = [
    [byUrl, '10.1.2.3:30080', { mode: 'path' }],
    [byUrl, '10.1.2.3', { mode: 'path' }],
    [byDomain, 'a.box.example', { mode: 'subdomain', label: 'a' }],
    [byDomain, 'A.BOX.example:443', { mode: 'subdomain', label: 'a' }],
    [byDomain, 'gateway.example', { mode: 'path' }],
    [alone, '3000-a.box.example', { mode: 'subdomain', label: '3000-a' }],
    [nothing, '127.0.0.1:8080', { mode: 'path' }],
    [nothing, 'localhost:8080', { mode: 'path' }],
    [nothing, '[::1]:8080', { mode: 'path' }],
    [nothing, 'sandfleet-gateway.system.svc', { mode: 'path' }],
  ] as const;
  it.for(served)('serves %o by %s', ([hosts, header, expected]) => {
    expect(placeOf(hosts, header)).toEqual(expected);
  });

  const refused = [
    [byUrl, '127.0.0.1:30080'],
    [byUrl, 'localhost:30080'],
    [byUrl, 'evil.example'],
    [byUrl, '10.1.2.3.evil.example'],
    [byUrl, 'evil.example:10.1.2.3'],
    [byDomain, 'box.example'],
    [byDomain, 'a.b.box.example'],
    [byDomain, 'a.box.example.evil'],
    [byDomain, 'abox.example'],
    [byDomain, '.box.example'],
    [byDomain, '127.0.0.1'],
    [alone, 'gateway.example'],
    [alone, '127.0.0.1'],
    [nothing, 'rebound.example'],
    [nothing, 'svc'],
  ] as const;
  it.for(refused)('refuses %o for %s', ([hosts, header]) => {
    expect(() => placeOf(hosts, header)).toThrow(expect.objectContaining({ code: 'UNKNOWN_HOST', status: 421 }));
  });
});
