import { describe, expect, it } from 'vitest';

import { ByteBlocks } from './byte-blocks.ts';

const blocks = (texts: readonly string[]): ByteBlocks => {
  const all = new ByteBlocks();
  for (const text of texts) all.append(text);
  return all;
};

describe('ByteBlocks', () => {
  it.for([1, 3, 100, 511, 512, 513, 5000])('gives back what came in pieces of %i letters', (size) => {
    const text = 'aé€😀'.repeat(30_000);
    const pieces = Array.from(text).reduce<string[]>((all, letter, index) => {
      if (index % size === 0) all.push('');
      all[all.length - 1] += letter;
      return all;
    }, []);
    const all = blocks(pieces);
    expect(ByteBlocks.concat(all).toString() === text).toBe(true);
    expect(all.length).toBe(Buffer.byteLength(text));
  });

  it('shifts its first block out', () => {
    const all = blocks(['x'.repeat(2000), 'y']);
    const first = all.shift();
    expect(first.toString() + ByteBlocks.concat(all).toString()).toBe(`${'x'.repeat(2000)}y`);
    expect(first.length + all.length).toBe(2001);
    expect(blocks(['ab']).shift().toString()).toBe('ab');
  });

  it.for([0, 1, 500, 512, 513, 2000, 9999])('cuts %i bytes off its end', (count) => {
    const text = Array.from({ length: 400 }, (_, index) => `${index},`).join('');
    const all = blocks(text.match(/.{1,7}/g) ?? []);
    all.cut(count);
    const left = text.slice(0, Math.max(0, text.length - count));
    expect([ByteBlocks.concat(all).toString(), all.length]).toEqual([left, left.length]);
    all.append('more');
    expect(ByteBlocks.concat(all).toString()).toBe(`${left}more`);
    expect(all.end(2).toString()).toBe('re');
  });
});
