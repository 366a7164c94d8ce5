import { describe, expect, it } from 'vitest';

import { OutputBuffer, truncateMiddle } from './output-buffer.ts';

const buffer = (keep: number, chunks: readonly string[]): OutputBuffer => {
  const all = new OutputBuffer(keep);
  for (const chunk of chunks) all.append(chunk);
  return all;
};

describe('OutputBuffer', () => {
  it('keeps what fits, however it comes', () => {
    expect(buffer(4, ['ab', 'cd', 'ef', 'gh']).toString()).toBe('abcdefgh');
    expect(buffer(4, ['abcdefgh']).toString()).toBe('abcdefgh');
    expect(buffer(4, []).toString()).toBe('');
  });

  it('keeps head and tail of what does not, and counts the rest', () => {
    const text = 'abcdefghijklmnop';
    for (const size of [1, 2, 3, 5, 16]) {
      const all = buffer(4, text.match(new RegExp(`.{1,${size}}`, 'g')) ?? []);
      expect([all.toString(), all.length]).toEqual(['abcd\n[... 8 characters omitted ...]\nmnop', 16]);
    }
  });

  it('never cuts a letter in two, and counts those that are missing as a string would', () => {
    for (const letter of ['é', '€', '😀']) {
      for (const keep of [5, 6, 7, 8, 9, 1000, 1001, 1002, 1003]) {
        for (const size of [1, 7, 999]) {
          const all = new OutputBuffer(keep);
          for (let index = 0; index < 5000; index += size) all.append(letter.repeat(Math.min(size, 5000 - index)));
          const [, head = '', count, tail = ''] = /^(.*)\n\[\.\.\. (\d+) .*\]\n(.*)$/u.exec(all.toString()) ?? [];
          expect(new Set(head + tail)).toEqual(new Set([letter]));
          expect(head.length + Number(count) + tail.length).toBe(5000 * letter.length);
          expect(Buffer.byteLength(head)).toBeGreaterThan(keep - 4);
        }
      }
    }
  });

  it('holds no more than it may while it grows', () => {
    const all = new OutputBuffer(1000);
    for (let index = 0; index < 10_000; index += 1) all.append('x'.repeat(100));
    expect(all.toString().length).toBeLessThan(2100);
    expect(all.length).toBe(1_000_000);
  });

  it('undoes what a terminal does to newlines, wherever the text was cut', () => {
    expect(buffer(100, ['a\r', '\nb\r\r', '\n', 'c\rd']).toString()).toBe('a\nb\r\nc\rd');
  });

  it.for([
    [['one\r\nexit\r\n'], 'one\n'],
    [['one\r\n', 'ex', 'it\r', '\n'], 'one\n'],
    [['exit\r\nmore'], 'exit\nmore'],
  ] as const)('takes away an end that matches (%j)', ([chunks, text]) => {
    for (const keep of [3, 100]) {
      const all = buffer(keep * 100, [...chunks]);
      all.removeEnd(/exit\r?\n$/);
      expect(all.toString()).toBe(text);
    }
  });
});

describe('truncateMiddle()', () => {
  it('leaves a text that fits', () => {
    expect(truncateMiddle('12345', 5)).toBe('12345');
  });

  it('keeps both ends and says how much is missing', () => {
    expect(truncateMiddle('123456', 4)).toBe('12\n[... 2 characters omitted ...]\n56');
  });

  it('never cuts a letter in two', () => {
    const cut = truncateMiddle('a😀😀😀😀b', 4);
    expect(cut).toBe('a\n[... 8 characters omitted ...]\nb');
    expect(cut.isWellFormed?.() ?? true).toBe(true);
  });
});
