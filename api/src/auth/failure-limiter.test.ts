import { describe, expect, it } from 'vitest';

import { FailureLimiter } from './failure-limiter.ts';

const start = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);
const limits = { burst: 3, perSecond: 0.5 };

describe('FailureLimiter', () => {
  it('lets a burst of failures pass, then names the time to wait, and forgives with time', () => {
    const limiter = new FailureLimiter(limits);
    expect([1, 2, 3, 4].map(() => limiter.fail('192.0.2.1', start))).toEqual([0, 0, 0, 2]);
    expect(limiter.fail('192.0.2.2', start)).toBe(0);
    expect(limiter.fail('192.0.2.1', after(8))).toBe(0);
  });

  it('does not push the end of the wait away for a client that keeps on', () => {
    const limiter = new FailureLimiter(limits);
    for (let i = 0; i < 1000; i += 1) limiter.fail('192.0.2.1', start);
    expect(limiter.fail('192.0.2.1', start)).toBeLessThanOrEqual(4);
    expect(limiter.fail('192.0.2.1', after(4))).toBe(0);
  });

  it('takes an IPv6 network of one customer for one client, and an IPv4 address in IPv6 clothes for itself', () => {
    const limiter = new FailureLimiter({ burst: 1, perSecond: 0.1 });
    limiter.fail('2001:db8:1:2:3::4', start);
    expect(limiter.fail('2001:db8:1:2::ffff', start)).toBeGreaterThan(0);
    expect(limiter.fail('2001:db8:1:3::4', start)).toBe(0);
    limiter.fail('::ffff:192.0.2.1', start);
    expect(limiter.fail('192.0.2.1', start)).toBeGreaterThan(0);
    expect(limiter.fail('::1', start)).toBe(0);
  });

  it('forgets the client that failed least recently when there are too many', () => {
    const limiter = new FailureLimiter({ burst: 1, perSecond: 0.001 }, 2);
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) limiter.fail(address, start);
    expect(limiter.fail('192.0.2.1', start)).toBe(0);
    expect(limiter.fail('192.0.2.3', start)).toBeGreaterThan(0);
  });
});
