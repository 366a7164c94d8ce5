import { ApiError } from '@sandfleet/contract';
import { describe, expect, it } from 'vitest';

import { toCookie } from './to-cookie.ts';

const base = { name: 'a', value: '1' };

describe('toCookie()', () => {
  it.for([
    [
      { ...base, url: 'http://a.test/x' },
      { ...base, url: 'http://a.test/x' },
    ],
    [
      { ...base, domain: '.a.test' },
      { ...base, domain: '.a.test', path: '/' },
    ],
    [
      { ...base, domain: 'a.test', url: 'http://b.test', path: '/p' },
      { ...base, domain: 'a.test', path: '/p' },
    ],
    [
      { ...base, domain: 'a', expires: -1, sameSite: 'unspecified', extra: {} },
      { ...base, domain: 'a', path: '/' },
    ],
    [
      { ...base, domain: 'a', expirationDate: 5.5, http_only: true, secure: false, same_site: 'no_restriction' },
      { ...base, domain: 'a', path: '/', expires: 5.5, httpOnly: true, secure: false, sameSite: 'None' },
    ],
    [
      { ...base, domain: 'a', expires: null, httpOnly: null, sameSite: 'LAX' },
      { ...base, domain: 'a', path: '/', sameSite: 'Lax' },
    ],
  ] as const)('takes %j', ([given, cookie]) => {
    expect(toCookie(given, 0)).toEqual(cookie);
  });

  it.for([
    base,
    { ...base, url: 'about:blank' },
    { ...base, url: 'data:text/html,x' },
    { ...base, url: 'nothing' },
    { ...base, domain: 7 },
    { ...base, domain: 'a', secure: 'yes' },
    { ...base, domain: 'a', expires: 'soon' },
    { ...base, domain: 'a', expires: Number.NaN },
    { ...base, domain: 'a', sameSite: 'maybe' },
  ] as const)('refuses %j and names the field', (given) => {
    expect(() => toCookie(given, 3)).toThrow(ApiError);
    expect(() => toCookie(given, 3)).toThrow(/^cookies\.3\./);
  });
});
