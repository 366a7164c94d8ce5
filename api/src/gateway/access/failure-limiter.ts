import { clientNetwork } from '@sandfleet/server-kit';
import { LRUCache } from 'lru-cache';

export interface FailureLimits {
  /** Failures that one address may have at once. */
  readonly burst: number;
  /** Failures that it is forgiven each second. */
  readonly perSecond: number;
}

/**
 * Checking a signature costs; guessing credentials must not buy that work without end. The bounds are far above what a client
 * with an expired token does, because many clients may share one address.
 */
const DEFAULT_LIMITS: FailureLimits = { burst: 500, perSecond: 100 };
const ADDRESSES = 10_000;

interface Bucket {
  failures: number;
  at: number;
}

/** Counts failed credentials by client address in leaky buckets; successes cost nothing. */
export class FailureLimiter {
  readonly #limits: FailureLimits;
  readonly #buckets = new LRUCache<string, Bucket>({ max: ADDRESSES });

  constructor(limits: FailureLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  /** Seconds to wait before the next credential is looked at; zero when it may be now. */
  waitSeconds(address: string, now: number): number {
    const bucket = this.#buckets.get(clientNetwork(address));
    if (bucket === undefined) return 0;
    const excess = this.#level(bucket, now) - this.#limits.burst + 1;
    return excess <= 0 ? 0 : Math.ceil(excess / this.#limits.perSecond);
  }

  fail(address: string, now: number): void {
    const bucket = this.#buckets.get(clientNetwork(address));
    const level = bucket === undefined ? 0 : this.#level(bucket, now);
    this.#buckets.set(clientNetwork(address), { failures: level + 1, at: now });
  }

  #level({ failures, at }: Bucket, now: number): number {
    return Math.max(0, failures - (Math.max(0, now - at) / 1000) * this.#limits.perSecond);
  }
}
