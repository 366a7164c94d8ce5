import { describe, expect, it } from 'vitest';

import { UnderWay } from './under-way.ts';

describe('UnderWay', () => {
  it('has what was added and not deleted', () => {
    const all = new UnderWay<string>();
    const slots = ['a', 'b', 'c'].map((item) => all.add(item));
    expect([...all]).toEqual(['a', 'b', 'c']);
    all.delete(slots[1] ?? -1);
    expect([...all]).toEqual(['a', 'c']);
    expect(all.add('d')).toBe(slots[1]);
    expect([...all].toSorted()).toEqual(['a', 'c', 'd']);
  });

  it('can be deleted from and added to while it is gone through', () => {
    const all = new UnderWay<number>();
    const slots = new Map([1, 2, 3].map((item) => [item, all.add(item)]));
    const seen: number[] = [];
    for (const item of all) {
      seen.push(item);
      all.delete(slots.get(item) ?? -1);
      if (item === 1) all.add(4);
    }
    // What comes into a slot that was passed already is met the next time.
    expect(seen).toEqual([1, 2, 3]);
    expect([...all]).toEqual([4]);
  });
});
