import { describe, expect, it } from 'vitest';

import { parseSource } from './source.ts';

const places = { home: '/home/gem', workspace: '/home/gem/papers' };

describe('parseSource()', () => {
  const good = [
    ['/tmp/a b.pdf', { kind: 'file', path: '/tmp/a b.pdf' }],
    ['~/a.pdf', { kind: 'file', path: '/home/gem/a.pdf' }],
    ['a.pdf', { kind: 'file', path: '/home/gem/papers/a.pdf' }],
    ['/a/x:y.pdf', { kind: 'file', path: '/a/x:y.pdf' }],
    ['file:///tmp/a%20b%3F.pdf', { kind: 'file', path: '/tmp/a b?.pdf' }],
    ['FILE://localhost/tmp/a', { kind: 'file', path: '/tmp/a' }],
    ['file:/tmp/a', { kind: 'file', path: '/tmp/a' }],
    [' https://example.com/ü?q=1 ', { kind: 'url', url: 'https://example.com/%C3%BC?q=1' }],
    ['http://bücher.example', { kind: 'url', url: 'http://xn--bcher-kva.example/' }],
    ['data:text/plain,hi', { kind: 'data', uri: 'data:text/plain,hi' }],
  ] as const;
  it.for(good)('reads %s', ([text, source]) => {
    expect(parseSource(text, places)).toEqual(source);
  });

  const attacks = [
    'ftp://example.com/a',
    'gopher://127.0.0.1:70/_x',
    'javascript:alert(1)',
    'jar:file:///a!/b',
    'blob:https://example.com/x',
    'view-source:http://example.com',
    'file://host/etc/passwd',
    'file:///tmp/a%2Fb',
    'file:///tmp/%00',
    'file:///tmp/%zz',
    '/tmp/a\0b',
    'http://',
    'http://a b/',
    'http://[::1',
    'https://example.com:99999/',
    '   ',
  ];
  it.for(attacks)('refuses %j', (text) => {
    expect(() => parseSource(text, places)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
  });
});
