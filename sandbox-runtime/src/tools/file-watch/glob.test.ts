import { describe, expect, it } from 'vitest';

import { parseGlob } from './glob.ts';

describe('parseGlob()', () => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    ['.git', ['.git'], ['git', '.gitignore', 'xgit']],
    ['*.pyc', ['a.pyc', '.pyc', 'a.b.pyc'], ['a.py', 'a.pycx']],
    ['*', ['a', '.hidden', 'ü€😀'], []],
    ['a?c', ['abc', 'a😀c'], ['ac', 'abbc']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
    ['[!a-c]x', ['dx'], ['ax']],
    ['[]]', [']'], ['[']],
    ['[a', ['[a'], ['a']],
    ['*.{ts,tsx}', ['a.ts', 'a.tsx'], ['a.js', 'a.{ts,tsx}']],
    ['{a,b{c,d}}', ['a', 'bc', 'bd'], ['b', 'c']],
    ['{a}', ['{a}'], ['a']],
    ['\\*', ['*'], ['a']],
    ['\\{a,b}', ['{a,b}'], ['a']],
    ['src/*.ts', ['src/a.ts'], ['src/b/a.ts', 'a.ts']],
    ['src/**', ['src', 'src/a', 'src/a/b'], ['srcs', 'a/src']],
    ['**/test/*.ts', ['test/a.ts', 'a/b/test/c.ts'], ['test/a/b.ts']],
    ['a/**/b', ['a/b', 'a/x/y/b'], ['a/b/c']],
    ['./a/', ['a'], ['b']],
    ['a+(b)', ['a+(b)'], ['ab']],
  ];
  it.for(cases)('%s', ([pattern, yes, no]) => {
    const glob = parseGlob(pattern);
    expect([...yes, ...no].filter((path) => glob.matches(path))).toEqual(yes);
  });

  it('knows names from paths', () => {
    expect(['*.ts', 'dist/', '/dist', 'a/b', '**/b'].map((pattern) => parseGlob(pattern).isName)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  const attacks: readonly [string, string][] = [
    ['stars between letters', '*a'.repeat(120) + '*b'],
    ['folders between names', '**/a/'.repeat(50) + 'b'],
    ['sets', '*[a-b]'.repeat(40) + 'c'],
    ['braces with stars', '{*a,*aa}'.repeat(5) + 'b'],
  ];
  it.for(attacks)('is not held up by %s', ([, pattern]) => {
    const glob = parseGlob(pattern);
    expect(glob.matches('a'.repeat(255))).toBe(false);
    expect(glob.matches('a/'.repeat(2000))).toBe(false);
  });

  it('refuses braces that stand for too many patterns', () => {
    expect(() => parseGlob('{a,b}'.repeat(50))).toThrow(/at most 64/);
  });
});
