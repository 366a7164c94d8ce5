import { ApiError } from '@sandfleet/contract';
import { describe, expect, it } from 'vitest';

import { originOf, requireHeaders } from './headers.ts';

describe('requireHeaders()', () => {
  it.for([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'Sec-Fetch-Site',
    'proxy-authorization',
    'a b',
    '',
    ':path',
    'x:y',
  ])('refuses the name %j', (name) => {
    expect(() => requireHeaders({ [name]: 'x' })).toThrow(ApiError);
  });

  it.for(['a\r\nb', 'a\nb', 'a\0b', '漢'])('refuses the value %j', (value) => {
    expect(() => requireHeaders({ 'x-a': value })).toThrow(/line breaks or characters/);
  });

  it('takes what a request can carry', () => {
    expect(() => requireHeaders({ Authorization: 'Bearer x', Cookie: 'a=b', 'x-text': 'é\t!' })).not.toThrow();
  });
});

describe('originOf()', () => {
  it.for([
    ['https://a.test', 'https://a.test'],
    ['HTTPS://A.test:443/path?q', 'https://a.test'],
    ['http://a.test:8080/', 'http://a.test:8080'],
    ['http://[::1]:80', 'http://[::1]'],
  ] as const)('%s is %s', ([text, origin]) => {
    expect(originOf(text)).toBe(origin);
  });

  it.for(['a.test', 'ftp://a.test', 'file:///etc', 'https://u:p@a.test', '*', 'null', 'javascript:1'])('refuses %s', (text) => {
    expect(() => originOf(text)).toThrow(ApiError);
  });
});
