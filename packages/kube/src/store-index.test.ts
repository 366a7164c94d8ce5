import { describe, expect, it } from 'vitest';
import { StoreIndex } from './store-index.ts';

describe('StoreIndex', () => {
  it('finds an object under each of its values', () => {
    const index = new StoreIndex<{ values: string[] }>(({ values }) => values);
    const one = { values: ['a', 'b'] };
    const two = { values: ['b'] };
    index.add(one);
    index.add(two);
    expect(index.get('a')).toEqual([one]);
    expect(index.get('b')).toEqual([one, two]);
    expect(index.get('c')).toEqual([]);
  });

  it('keeps no value that no object has any more', () => {
    const index = new StoreIndex<string>((value) => [value]);
    for (let i = 0; i < 1000; i += 1) {
      index.add(`uid-${i}`);
      index.remove(`uid-${i}`);
    }
    expect(index.size).toBe(0);
  });
});
