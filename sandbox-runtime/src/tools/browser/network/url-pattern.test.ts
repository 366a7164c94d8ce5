import { describe, expect, it } from 'vitest';

import { devtoolsPattern, urlFilter, urlMatcher } from './url-pattern.ts';

const CASES: readonly (readonly [pattern: string, url: string, fits: boolean])[] = [
  ['**/api/data', 'http://a.test/api/data', true],
  ['**/api/data', 'http://a.test/deep/er/api/data', true],
  ['**/api/data', 'http://a.test/api/data?x=1#y', true],
  ['**/api/data', 'http://a.test/api/data/more', false],
  ['**/api/*', 'http://a.test/api/data', true],
  ['**/api/*', 'http://a.test/api/data/more', false],
  ['**/api/**', 'http://a.test/api/data/more', true],
  ['**/*.{png,jpg}', 'http://a.test/x/y.jpg', true],
  ['**/*.{png,jpg}', 'http://a.test/x/y.gif', false],
  ['/api/data', 'http://a.test/api/data', true],
  ['/api/data', 'http://a.test/other', false],
  ['http://a.test/', 'http://a.test/', true],
  ['http://a.test/', 'http://b.test/', false],
  ['**/x?y=1', 'http://a.test/x?y=1', true],
  ['**/x?y=1', 'http://a.test/x?y=2', false],
  ['**/x?y=1', 'http://a.test/xzy=1', false],
  ['http://a.test/*', 'http://a.testing/x', false],
  ['**', 'anything at all', true],
  ['**/a.b', 'http://h/aXb', false],
  ['**/(a)+[b]$', 'http://h/(a)+[b]$', true],
  ['**/{a', 'http://h/{a', true],
];

describe('urlMatcher', () => {
  it.for(CASES)('%s against %s is %s', ([pattern, url, fits]) => {
    expect(urlMatcher(pattern)(url)).toBe(fits);
  });

  it('comes to an end, whatever the number of stars', () => {
    const pattern = `**/${'*a'.repeat(200)}b`;
    expect(urlMatcher(pattern)(`http://h/${'a'.repeat(4000)}`)).toBe(false);
  });
});

describe('devtoolsPattern', () => {
  it.for(CASES.filter(([, , fits]) => fits))('%s stops what it is about', ([pattern, url]) => {
    const wanted = devtoolsPattern(pattern)
      .replaceAll(/[.+^${}()|[\]]/g, String.raw`\$&`)
      .replaceAll('*', '.*');
    expect(new RegExp(`^${wanted}$`).test(url)).toBe(true);
  });
});

describe('urlFilter', () => {
  it.for([
    ['api', 'http://a.test/api/x', true],
    ['a.test/api', 'http://a.test/api/x', true],
    ['none', 'http://a.test/api/x', false],
    ['**/api/*', 'http://a.test/api/x', true],
    ['*/api', 'http://a.test/api/x', false],
  ] as const)('%s against %s is %s', ([filter, url, fits]) => {
    expect(urlFilter(filter)(url)).toBe(fits);
  });
});
