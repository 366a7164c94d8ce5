import { describe, expect, it } from 'vitest';
import { keyOf, parseKey } from './object.ts';

describe('keyOf() and parseKey()', () => {
  it.for([
    { ref: { namespace: 'a', name: 'b' }, key: 'a/b' },
    { ref: { name: 'b' }, key: 'b' },
  ])('are the reverse of each other for $key', ({ ref, key }) => {
    expect(keyOf(ref)).toBe(key);
    expect(parseKey(key)).toEqual(ref);
  });
});
