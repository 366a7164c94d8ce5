import { describe, expect, it } from 'vitest';

import { Replay } from './replay.ts';

describe('Replay', () => {
  it('keeps what fits', () => {
    const replay = new Replay(10);
    for (const chunk of ['ab\n', 'cd', '\nef']) replay.append(chunk);
    expect([replay.toString(), replay.toString()]).toEqual(['ab\ncd\nef', 'ab\ncd\nef']);
  });

  it('keeps the last whole lines of what does not, however it came', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join('');
    for (const size of [1, 3, 100, 5000]) {
      const replay = new Replay(25);
      for (const chunk of lines.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []) replay.append(chunk);
      expect(replay.toString()).toBe('line 998\nline 999\n');
    }
  });

  it('holds no more than it may when there are no lines', () => {
    const replay = new Replay(1000);
    for (let index = 0; index < 10_000; index += 1) replay.append('x'.repeat(100));
    expect(replay.toString().length).toBe(1000);
  });
});
