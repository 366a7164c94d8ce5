import { describe, expect, it } from 'vitest';

import { ByteLog, type Budget } from './byte-log.ts';
import { cutMiddle, readText } from './text.ts';

const free: Budget = { add: () => 0, release: () => {} };

function logOf(keep: number, ...chunks: readonly (string | readonly number[])[]): ByteLog {
  const log = new ByteLog(keep, free);
  for (const chunk of chunks) log.append(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk));
  return log;
}

describe('readText()', () => {
  const cases: readonly [string, readonly (string | readonly number[])[], number, boolean, string, number][] = [
    ['plain text', ['abc'], 0, false, 'abc', 3],
    ['text from a byte on', ['abc', 'def'], 4, false, 'ef', 6],
    ['nothing at the end', ['abc'], 3, false, '', 3],
    ['nothing behind the end', ['abc'], 99, false, '', 3],
    ['two bytes of a letter of three', ['a', [0xe2, 0x82]], 0, false, 'a', 1],
    ['the letter once it is whole', ['a', [0xe2, 0x82], [0xac]], 1, false, '€', 4],
    ['three bytes of a letter of four', [[0xf0, 0x9f, 0x98]], 0, false, '', 0],
    ['the beginning of a letter at the very end', ['a', [0xe2, 0x82]], 0, true, 'a\u{fffd}', 3],
    ['bytes that are no text', [[0xff, 0xfe, 0x41]], 0, false, '\u{fffd}\u{fffd}A', 3],
    ['continuation bytes alone', [[0x80, 0x80, 0x80, 0x80]], 0, false, '\u{fffd}'.repeat(4), 4],
    ['an offset in the middle of a letter', ['€'], 1, false, '\u{fffd}\u{fffd}', 3],
    ['a mark of byte order', ['\u{feff}x'], 0, false, '\u{feff}x', 4],
  ];
  it.for(cases)('reads %s', ([, chunks, from, isComplete, text, offset]) => {
    expect(readText(logOf(1000, ...chunks), from, isComplete)).toEqual({ text, offset, lost: 0 });
  });

  it('tells what was dropped, and begins with a whole letter', () => {
    expect(readText(logOf(4, '€€€'), 0, true)).toEqual({ text: '€', offset: 9, lost: 5 });
    expect(readText(logOf(4, '€€€'), 6, true)).toEqual({ text: '€', offset: 9, lost: 0 });
  });

  it('gives every letter once, wherever the pieces are cut', () => {
    const bytes = Buffer.from('aé€😀z'.repeat(5));
    const log = new ByteLog(1000, free);
    let [text, offset] = ['', 0];
    for (const byte of bytes) {
      log.append(Buffer.from([byte]));
      const read = readText(log, offset, false);
      text += read.text;
      offset = read.offset;
    }
    expect([text, offset]).toEqual(['aé€😀z'.repeat(5), bytes.length]);
  });
});

describe('ByteLog', () => {
  it('keeps the last bytes, in pieces of any size', () => {
    const log = new ByteLog(10, free);
    for (let letter = 0; letter < 26; letter += 1) log.append(Buffer.from(String.fromCharCode(97 + letter)));
    expect([log.begin, log.end, log.slice(16).toString()]).toEqual([16, 26, 'qrstuvwxyz']);
    log.append(Buffer.from('0123456789ABCDEF'));
    expect([log.begin, log.end, log.slice(40).toString()]).toEqual([32, 42, 'EF']);
    log.clear();
    expect([log.begin, log.size, log.slice(42).toString()]).toEqual([42, 0, '']);
  });

  it('gives up what the budget asks for, and gives it back', () => {
    let used = 0;
    const budget: Budget = { add: (bytes) => (used += bytes) - 5, release: (bytes) => void (used -= bytes) };
    const log = new ByteLog(100, budget);
    log.append(Buffer.from('abcdefgh'));
    expect([used, log.slice(3).toString()]).toEqual([5, 'defgh']);
    log.clear();
    expect(used).toBe(0);
  });
});

describe('cutMiddle()', () => {
  const cases: readonly [string, string, number, string][] = [
    ['nothing without a limit', 'abcdef', 0, 'abcdef'],
    ['nothing at the limit', 'abcdef', 6, 'abcdef'],
    ['the middle', 'abcdefghij', 4, 'ab\n[... 6 characters omitted ...]\nij'],
    ['more of the end when the limit is odd', 'abcdefghij', 5, 'abc\n[... 5 characters omitted ...]\nij'],
    ['all but one character', 'abc', 1, 'a\n[... 2 characters omitted ...]\n'],
    ['no letter in two', 'a😀bcd😀e', 4, 'a\n[... 7 characters omitted ...]\ne'],
  ];
  it.for(cases)('cuts %s', ([, text, limit, cut]) => {
    expect(cutMiddle(text, limit)).toBe(cut);
  });
});
