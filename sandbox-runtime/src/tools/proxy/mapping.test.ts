import { describe, expect, it } from 'vitest';

import { bySpecificity, createMapping, matches, parseSource, parseTarget, targetPath, type Mapping } from './mapping.ts';
import { parseAbsoluteForm, parseConnect } from './request-target.ts';

function mapping(sourceText: string, targetText = '3000'): Mapping {
  const source = parseSource(sourceText);
  const target = parseTarget(targetText);
  if (source === undefined || target === undefined) throw new Error(`no mapping: ${sourceText} ${targetText}`);
  return createMapping(source, target, targetText);
}

function destination(url: string) {
  const found = url.includes('//') ? parseAbsoluteForm(url) : parseConnect(url);
  if (found === undefined) throw new Error(`no destination: ${url}`);
  return found;
}

describe('parseSource()', () => {
  it.for([
    ['app.test', 'app.test', '/'],
    ['HTTP://App.Test/', 'http://app.test', '/'],
    ['https://*.ex.com:8443/a//b/', 'https://*.ex.com:8443/a/b', '/a/b'],
    ['http:/*.ex.com/a', 'http://*.ex.com/a', '/a'],
    [' app.test:80/x ', 'app.test:80/x', '/x'],
    ['[::1]:80', '[::1]:80', '/'],
  ] as const)('%s is %s', ([given, text, path]) => {
    expect(mapping(given).route).toMatchObject({ source: text, source_path: path });
  });

  it.for([
    '',
    '/',
    'http://',
    'ftp://a.test',
    'ws://a.test',
    'a.test:0',
    'a.test:65536',
    'a.test:http',
    'u:p@a.test',
    'a.test?q=1',
    'a.test/a?b',
    'a.test#f',
    'a.test/a b',
    'a.test/ä',
    'a.test\\b',
    'a.test/\r\nx',
    '10.0.0.0/8/',
    '::1',
    'a,b',
    '.ex.com',
  ])('refuses %j', (text) => {
    // A network reads as a host with a path, which is harmless; the rest is nothing at all.
    const source = parseSource(text);
    expect(source?.host.kind ?? 'nothing').toBe(text === '10.0.0.0/8/' ? 'host' : 'nothing');
  });
});

describe('parseTarget()', () => {
  it.for([
    ['3000', { host: '127.0.0.1', port: 3000, path: undefined }],
    [':3000', { host: '127.0.0.1', port: 3000, path: undefined }],
    ['3000/', { host: '127.0.0.1', port: 3000, path: '/' }],
    ['localhost:3000/v1', { host: 'localhost', port: 3000, path: '/v1' }],
    ['http://10.0.0.5:80/x', { host: '10.0.0.5', port: 80, path: '/x' }],
    ['[::1]:3000', { host: '::1', port: 3000, path: undefined }],
    ['127.1:3000', { host: '127.0.0.1', port: 3000, path: undefined }],
  ] as const)('%s', ([text, target]) => {
    expect(parseTarget(text)).toEqual(target);
  });

  it.for(['', ':', 'a.test', '0', ':0', '65536', 'https://a:1', 'u@a:1', '*:1', 'a:1?x', 'a:1#x', 'a:1/ b', 'a:1:2', 'a:-1'])(
    'refuses %j',
    (text) => {
      expect(parseTarget(text)).toBeUndefined();
    },
  );
});

describe('matches()', () => {
  const cases: readonly [source: string, url: string, fits: boolean][] = [
    ['app.test', 'http://app.test/', true],
    ['app.test', 'http://APP.test.:8080/x', true],
    ['app.test', 'app.test:443', true],
    ['app.test', 'http://app.test.evil/', false],
    ['http://app.test', 'app.test:443', false],
    ['http://app.test', 'app.test:80', true],
    ['https://app.test', 'http://app.test/', false],
    ['https://app.test', 'app.test:443', true],
    ['https://app.test', 'app.test:8443', true],
    ['app.test:80', 'http://app.test/', true],
    ['app.test:80', 'http://app.test:81/', false],
    ['*.test', 'http://a.b.test/', true],
    ['app.test/api', 'http://app.test/api', true],
    ['app.test/api', 'http://app.test/api/x', true],
    ['app.test/api', 'http://app.test/api?x', true],
    ['app.test/api', 'http://app.test/apix', false],
    ['app.test/api', 'http://app.test/', false],
    ['app.test/api', 'app.test:80', false],
  ];
  it.for(cases)('%s and %s: %s', ([source, url, fits]) => {
    expect(matches(mapping(source), destination(url))).toBe(fits);
  });
});

it.for([
  ['app.test', '3000', '/a/b?c', '/a/b?c'],
  ['app.test/api', '3000', '/api/x', '/api/x'],
  ['app.test/api', '3000/', '/api/x', '/x'],
  ['app.test/api', '3000/', '/api', '/'],
  ['app.test/api', '3000/v1', '/api/x?y', '/v1/x?y'],
  ['app.test/api', '3000/v1', '/api?y', '/v1?y'],
  ['app.test', '3000/v1', '/', '/v1/'],
  ['app.test', '3000/v1/', '/a', '/v1/a'],
] as const)('targetPath() of %s to %s makes of %s %s', ([source, target, path, made]) => {
  expect(targetPath(mapping(source, target), path)).toBe(made);
});

it('bySpecificity() puts first what says more', () => {
  const sources = ['*', '*.test', 'a.test', 'http://a.test', 'a.test:80', 'a.test/x', 'a.test/x/y', '*.a.test'];
  expect(
    sources
      .map((source) => mapping(source))
      .toSorted(bySpecificity)
      .map(({ route }) => route.source),
  ).toEqual(['a.test/x/y', 'a.test/x', 'a.test:80', 'http://a.test', 'a.test', '*.a.test', '*.test', '*']);
});
