import { describe, expect, it } from 'vitest';

import { FailureLimiter } from './failure-limiter.ts';

describe('FailureLimiter', () => {
  it('lets an address fail in a burst, makes it wait, and forgives with time', () => {
    const limiter = new FailureLimiter({ burst: 3, perSecond: 2 });
    for (let i = 0; i < 3; i++) {
      expect(limiter.waitSeconds('10.0.0.1', 0)).toBe(0);
      limiter.fail('10.0.0.1', 0);
    }
    expect(limiter.waitSeconds('10.0.0.1', 0)).toBe(1);
    expect(limiter.waitSeconds('10.0.0.2', 0)).toBe(0);
    expect(limiter.waitSeconds('10.0.0.1', 500)).toBe(0);
    limiter.fail('10.0.0.1', 500);
    expect(limiter.waitSeconds('10.0.0.1', 500)).toBe(1);
    expect(limiter.waitSeconds('10.0.0.1', 60_000)).toBe(0);
  });

  it('counts the network of an IPv6 address as one', () => {
    const limiter = new FailureLimiter({ burst: 1, perSecond: 1 });
    limiter.fail('2001:db8:0:1::1', 0);
    expect(limiter.waitSeconds('2001:db8:0:1:ffff::2', 0)).toBe(1);
    expect(limiter.waitSeconds('2001:db8:0:2::1', 0)).toBe(0);
  });
});
