import { describe, expect, it } from 'vitest';

import { compareQuantities, parseQuantity } from './quantity.ts';

describe('parseQuantity()', () => {
  const good = [
    ['1', 1_000_000_000n],
    [2, 2_000_000_000n],
    ['0.5', 500_000_000n],
    ['.5', 500_000_000n],
    ['500m', 500_000_000n],
    ['100n', 100n],
    ['1Ki', 1024_000_000_000n],
    ['1.5Gi', 1_610_612_736_000_000_000n],
    ['1k', 1000_000_000_000n],
    ['1e3', 1000_000_000_000n],
    ['12E-1', 1_200_000_000n],
    ['1E', 1_000_000_000_000_000_000_000_000_000n],
    ['-1', -1_000_000_000n],
  ] as const;
  it.for(good)('reads %s', ([text, value]) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it.for(['', 'm', '1x', '1 Gi', '1GiB', '--1', '1e', '0x10', 'NaN', '1.2.3'])('reads no quantity in "%s"', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});

describe('compareQuantities()', () => {
  const pairs = [
    ['1Gi', '1024Mi', 0],
    ['1G', '1Gi', -1],
    ['2', '1999m', 1],
    ['100m', '0.1', 0],
  ] as const;
  it.for(pairs)('orders %s and %s', ([a, b, order]) => {
    expect(compareQuantities(a, b)).toBe(order);
  });
});
