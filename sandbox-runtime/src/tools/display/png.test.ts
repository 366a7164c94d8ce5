import { inflateSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { encodePng } from './png.ts';

/** The pixels of a PNG of this encoder, as red, green and blue. */
function decode(png: Buffer): { width: number; height: number; colours: number[] } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const colours: number[] = [];
  for (let y = 0; y < height; y += 1) {
    const row = rows.subarray(y * (width * 3 + 1), (y + 1) * (width * 3 + 1));
    for (let x = 0; x < width * 3; x += 1) {
      const above = row[0] === 2 ? (colours[(y - 1) * width * 3 + x] ?? 0) : 0;
      colours.push(((row[x + 1] ?? 0) + above) & 255);
    }
  }
  return { width, height, colours };
}

describe('encodePng()', () => {
  it.for([
    [1, 1],
    [3, 2],
    [640, 480],
    [1361, 769],
  ] as const)('loses no pixel of %i x %i', async ([width, height]) => {
    const pixels = Buffer.alloc(width * height * 4);
    for (let at = 0; at < pixels.length; at += 1) pixels[at] = (at * 7919 + (at >> 8)) & 255;
    const png = decode(await encodePng({ width, height, pixels }));
    const expected: number[] = [];
    for (let at = 0; at < pixels.length; at += 4) expected.push(pixels[at + 2] ?? 0, pixels[at + 1] ?? 0, pixels[at] ?? 0);
    expect([png.width, png.height]).toEqual([width, height]);
    expect(Buffer.from(png.colours).equals(Buffer.from(expected))).toBe(true);
  });
});
