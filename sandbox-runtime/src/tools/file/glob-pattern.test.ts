import { describe, expect, it } from 'vitest';

import { alternativesOf, BadGlob, compileGlobs } from './glob-pattern.ts';

const fits = (pattern: string, path: string, hidden = true): boolean => {
  const glob = compileGlobs([pattern], { hidden });
  let state = glob.start;
  for (const name of path.split('/')) state = glob.step(state, name);
  return glob.isEnd(state);
};

describe('a glob', () => {
  const cases = [
    ['*.py', ['a.py', '.py', 'ü😀.py'], ['a.pyc', 'd/a.py', 'py']],
    ['**/*.py', ['a.py', 'd/a.py', 'd/e/a.py'], ['a.pyc', 'd']],
    ['src/**', ['src/a', 'src/b/c'], ['src', 'a/src']],
    ['src/**/test/*.ts', ['src/test/a.ts', 'src/x/y/test/a.ts'], ['src/a.ts', 'src/test/x/a.ts']],
    ['a?c', ['abc', 'a😀c'], ['ac', 'abbc', 'a/c']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x', 'aax']],
    ['[!a-c]x', ['dx', '😀x'], ['ax', 'x']],
    ['[^a]', ['b'], ['a']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a', ['[a'], ['a']],
    [String.raw`\*`, ['*'], ['a', '\\a']],
    [String.raw`[\]]`, [']'], ['\\']],
    ['*.{ts,js}', ['a.ts', 'a.js'], ['a.css', 'a.{ts,js}']],
    ['{a,b/{c,d}}', ['a', 'b/c', 'b/d'], ['b', 'c']],
    ['{a}', ['{a}'], ['a']],
    [String.raw`{a\,b,c}`, ['a,b', 'c'], ['a', 'b']],
    ['./a//b', ['a/b'], ['a']],
    ['a**b', ['ab', 'axxb'], ['a/b']],
    ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a', '']],
  ] as const;
  it.for(cases)('%s', ([pattern, good, bad]) => {
    expect([good.filter((path) => !fits(pattern, path)), bad.filter((path) => fits(pattern, path))]).toEqual([[], []]);
  });

  const hidden = [
    ['*', '.a', false],
    ['**', 'd/.a', false],
    ['**/x', '.d/x', false],
    ['?a', '.a', false],
    ['[.]a', '.a', false],
    ['.*', '.a', true],
    ['.d/**/x', '.d/e/x', true],
    ['**/.env', 'd/.env', true],
  ] as const;
  it.for(hidden)('%s without hidden names and %s: %s', ([pattern, path, expected]) => {
    expect(fits(pattern, path, false)).toBe(expected);
  });

  it.for([
    ['..', '../x', 'a/../b'],
    ['/', '.', '//'],
    ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', '{,a}'.repeat(200)],
    ['a/'.repeat(200)],
  ])('refuses %j', (patterns) => {
    for (const pattern of patterns) expect(() => compileGlobs([pattern], { hidden: true })).toThrow(BadGlob);
  });

  it('takes no longer over a hostile pattern than over another', () => {
    const name = 'a'.repeat(255);
    const began = performance.now();
    expect(fits(`${'*a'.repeat(120)}b`, name)).toBe(false);
    expect(fits(`${'**/*a/'.repeat(60)}b`, Array.from({ length: 200 }, () => 'xa').join('/'))).toBe(false);
    expect(alternativesOf('{'.repeat(1000))).toHaveLength(1);
    const braces = `${'{a,b}'.repeat(6)}${'{'.repeat(990)}`;
    expect(() => compileGlobs(Array(100).fill(braces), { hidden: true })).toThrow(BadGlob);
    // An expression that tries all ways would need longer than the universe has been there.
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
