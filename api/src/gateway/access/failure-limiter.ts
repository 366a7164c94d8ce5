import { clientNetwork } from '@sandfleet/server-kit';

import { LeakyBuckets, type LeakyLimits } from './leaky-buckets.ts';

/**
 * Checking a signature costs; guessing credentials must not buy that work without end. The bounds are far above what a client
 * with an expired token does, because many clients may share one address.
 */
const DEFAULT_LIMITS: LeakyLimits = { burst: 500, perSecond: 100 };

/** Counts failed credentials by client address; successes cost nothing. */
export class FailureLimiter {
  readonly #buckets: LeakyBuckets;

  constructor(limits: LeakyLimits = DEFAULT_LIMITS) {
    this.#buckets = new LeakyBuckets(limits);
  }

  /** Seconds to wait before the next credential is looked at; zero when it may be now. */
  waitSeconds(address: string, now: number): number {
    return this.#buckets.waitSeconds(clientNetwork(address), now);
  }

  fail(address: string, now: number): void {
    this.#buckets.add(clientNetwork(address), now);
  }
}
