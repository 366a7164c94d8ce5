import { describe, expect, it } from 'vitest';

import { beginningAtEnd } from './beginning-at-end.ts';

const MARKER = '\u{1}12.34\u{2}';

describe('beginningAtEnd()', () => {
  const cases: readonly [string, string, number][] = [
    ['nothing', '', 0],
    ['text', 'some text', 0],
    ['text that ends in a digit of it', 'some 12', 0],
    ['its first character', 'text\u{1}', 1],
    ['most of it', 'text\u{1}12.34', 6],
    ['another that begins alike', 'text\u{1}13', 0],
    ['two beginnings', '\u{1}1\u{1}12', 3],
    ['a beginning that went on as something else', '\u{1}12 and more', 0],
    ['characters of two halves, and nothing of it', '😀😀😀😀😀😀', 0],
    ['characters of two halves before it', '😀😀\u{1}1', 2],
  ];
  it.for(cases)('holds back what may be the marker: %s', ([, text, expected]) => {
    expect(beginningAtEnd(text, MARKER)).toBe(expected);
  });
});
