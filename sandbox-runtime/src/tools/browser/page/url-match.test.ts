import { describe, expect, it } from 'vitest';

import { matchesUrl } from './url-match.ts';

describe('matchesUrl()', () => {
  it.for([
    ['http://a.test/x', 'http://a.test/x', true],
    ['http://a.test/x?y=1', '/x?y', true],
    ['http://a.test/x', 'b.test', false],
    ['http://a.test/api/data', '**/api/data', true],
    ['http://a.test/api/data?x', '**/api/data', false],
    ['http://a.test/api/data?x', '**/api/data*', true],
    ['http://a.test/api/data', 'http://*/api/*', true],
    ['http://a.test/api', 'http://*/api/*', false],
    ['http://a.test/aba', '*aba*aba', false],
    ['http://a.test/', '*', true],
    ['', '**', true],
    ['ab', 'ab*b', false],
    ['http://a.test/(x)[y].+', '*(x)[y].+', true],
  ] as const)('of %j with %j is %s', ([url, pattern, matches]) => {
    expect(matchesUrl(url, pattern)).toBe(matches);
  });

  it('comes to an end with what regular expressions never do', () => {
    expect(matchesUrl(`http://a.test/${'a'.repeat(100_000)}`, `${'*a'.repeat(2000)}*b`)).toBe(false);
  });
});
