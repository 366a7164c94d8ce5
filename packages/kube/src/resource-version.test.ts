import { describe, expect, it } from 'vitest';
import { compareResourceVersions } from './resource-version.ts';

describe('compareResourceVersions()', () => {
  it.for([
    { a: '9', b: '10', sign: -1 },
    { a: '10', b: '9', sign: 1 },
    { a: '42', b: '42', sign: 0 },
    { a: '18446744073709551615', b: '18446744073709551614', sign: 1 },
    { a: '9007199254740993', b: '9007199254740992', sign: 1 },
    { a: 'opaque', b: 'opaque', sign: 0 },
  ])('orders $a and $b', ({ a, b, sign }) => {
    expect(Math.sign(compareResourceVersions(a, b) ?? NaN)).toBe(sign);
  });

  it.for([
    [undefined, '1'],
    ['1', undefined],
    ['abc', '1'],
    ['1', '1a'],
    ['007', '8'],
    ['0', '1'],
    ['', '1'],
    ['-5', '4'],
  ] as const)('knows no order of %j and %j', ([a, b]) => {
    expect(compareResourceVersions(a, b)).toBeUndefined();
  });
});
