import { describe, expect, it } from 'vitest';

import { shellWords } from './shell-words.ts';

describe('shellWords()', () => {
  it.for<[string, readonly string[]]>([
    ['', []],
    ['  ', []],
    ['--a --b=1', ['--a', '--b=1']],
    [' --a\n\t--b ', ['--a', '--b']],
    [`--a='x y' --b="u v"`, ['--a=x y', '--b=u v']],
    [String.raw`--a=x\ y`, ['--a=x y']],
    [String.raw`--a="q\"r\\s\n"`, [String.raw`--a=q"r\s\n`]],
    [`--a='$HOME "*"'`, ['--a=$HOME "*"']],
    [`'' ""`, ['', '']],
    [`--a='b'"c"d`, ['--a=bcd']],
    ['$(id) `id` * ~', ['$(id)', '`id`', '*', '~']],
  ])('splits %j', ([line, words]) => {
    expect(shellWords(line)).toEqual(words);
  });

  it.for(["--a='b", '--a="b', '--a \\', "it's"])('refuses %j', (line) => {
    expect(() => shellWords(line)).toThrow('not closed');
  });

  it('splits a long line in no time', () => {
    expect(shellWords('a '.repeat(8000))).toHaveLength(8000);
    expect(() => shellWords(`${'"a" '.repeat(4000)}"`)).toThrow('not closed');
  });
});
