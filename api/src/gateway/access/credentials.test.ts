import { describe, expect, it } from 'vitest';

import { credentialsOf } from './credentials.ts';

describe('credentialsOf()', () => {
  const headers: readonly (readonly [string | undefined, string | undefined])[] = [
    [undefined, undefined],
    ['Bearer abc', 'abc'],
    ['bearer   abc ', 'abc'],
    ['Bearer', ''],
    ['Bearer ', ''],
    ['Bearer a b', ''],
    ['Bearer a,b', ''],
    ['Bearerabc', ''],
    ['Basic YTpi', undefined],
    ['abc', undefined],
    ['', undefined],
  ];
  it.for(headers)('reads Authorization: %j as %j', ([authorization, bearer]) => {
    expect(credentialsOf({ authorization, cookie: undefined }, '').bearer).toBe(bearer);
  });

  it('leaves nothing of ours for the sandbox', () => {
    expect(credentialsOf({ authorization: 'Bearer abc', cookie: 'a=1; __Host-sandfleet=S' }, '?ticket=T&x')).toEqual({
      bearer: 'abc',
      ticket: 'T',
      sessions: ['S'],
      query: '?x',
      cookie: 'a=1',
    });
  });
});
