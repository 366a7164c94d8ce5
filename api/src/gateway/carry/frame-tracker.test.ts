import { describe, expect, it } from 'vitest';

import { FrameTracker } from './frame-tracker.ts';
import { closeFrame } from './lapsed.ts';

const frame = (length: number, { opcode = 2, isMasked = false } = {}): Buffer => {
  const mask = isMasked ? 0x80 : 0;
  const head =
    length < 126
      ? [0x80 | opcode, mask | length]
      : length < 65_536
        ? [0x80 | opcode, mask | 126, length >> 8, length & 0xff]
        : [0x80 | opcode, mask | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (length >> shift) & 0xff)];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(isMasked ? 4 : 0), Buffer.alloc(length, 0xff)]);
};

describe('FrameTracker', () => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000];
  it.for(lengths.flatMap((length) => [1, 3, 7, 1000, 1_000_000].map((step) => [length, step] as const)))(
    'knows where frames of %i bytes end that come in pieces of %i',
    ([length, step]) => {
      for (const isMasked of [false, true]) {
        const bytes = Buffer.concat([frame(length, { isMasked }), frame(2)]);
        const end = bytes.length - frame(2).length;
        const tracker = new FrameTracker();
        const ends: number[] = [];
        for (let at = 0; at < bytes.length; at += step) {
          const found = tracker.push(bytes.subarray(at, at + step));
          if (found !== undefined) ends.push(at + found);
        }
        expect(ends[0]).toBe(end);
        expect([tracker.isBetween, tracker.isClosed]).toEqual([true, false]);
      }
    },
  );

  it('tells the middle of a frame, and that the last one has come', () => {
    const tracker = new FrameTracker();
    expect([tracker.isBetween, tracker.push(Buffer.from([0x82])), tracker.isBetween]).toEqual([true, undefined, false]);
    expect([tracker.push(Buffer.from([1])), tracker.isBetween]).toEqual([undefined, false]);
    expect([tracker.push(Buffer.from([7])), tracker.isBetween]).toEqual([1, true]);
    tracker.push(closeFrame(4401, 'over'));
    expect([tracker.isBetween, tracker.isClosed]).toEqual([true, true]);
  });
});

describe('closeFrame()', () => {
  it('has the code and the reason', () => {
    expect([...closeFrame(4401, 'no')]).toEqual([0x88, 4, 0x11, 0x31, 0x6e, 0x6f]);
    expect(() => closeFrame(1001, 'x'.repeat(124))).toThrow(RangeError);
  });
});
