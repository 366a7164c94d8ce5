import { describe, expect, it } from 'vitest';

import { findOccurrences, linesOf, replaceAt } from './occurrences.ts';

describe('findOccurrences()', () => {
  const cases: readonly [string, string, readonly number[]][] = [
    ['abcabc', 'abc', [0, 3]],
    ['aaaa', 'aa', [0, 2]],
    ['aaab', 'aab', [1]],
    ['abababac', 'ababac', [2]],
    ['a\nb\na', 'a', [0, 4]],
    ['ü😀ü', 'ü', [0, 3]],
    ['abc', 'abcd', []],
    ['abc', '', []],
    ['', 'a', []],
  ];
  it.for(cases)('in %j of %j', ([text, wanted, expected]) => {
    expect(findOccurrences(text, wanted)).toEqual(expected);
  });

  it('finds what the engine finds', () => {
    for (let seed = 1; seed < 2000; seed += 1) {
      const text = Array.from({ length: 40 }, (_, at) => 'ab'[((seed * (at + 7) ** 2) >> 3) & 1]).join('');
      const wanted = text.slice(seed % 20, (seed % 20) + 1 + (seed % 5));
      expect(replaceAt(text, findOccurrences(text, wanted), wanted.length, 'X')).toBe(text.replaceAll(wanted, 'X'));
    }
  });

  it('takes linear time for texts that are made to take longer', () => {
    expect(findOccurrences('a'.repeat(4_000_000), `b${'a'.repeat(1_000_000)}`)).toEqual([]);
    expect(findOccurrences('a'.repeat(4_000_000), `${'a'.repeat(1_000_000)}b`)).toEqual([]);
  });
});

describe('linesOf()', () => {
  it('numbers the lines of the first few positions', () => {
    expect(linesOf('a\na\n\na', [0, 2, 5], 2)).toEqual([1, 2]);
    expect(linesOf('a\na\n\na', [0, 2, 5], 9)).toEqual([1, 2, 4]);
  });
});
