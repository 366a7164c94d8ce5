import { clientNetwork } from '@sandfleet/server-kit';

export interface FailureLimits {
  /** Failures that one address may have at once. */
  readonly burst: number;
  /** Failures that it is forgiven each second. */
  readonly perSecond: number;
}

interface Bucket {
  readonly failures: number;
  readonly at: number;
}

/** Many clients may share one address, and a client whose token is over tries a few times. */
const DEFAULT_LIMITS: FailureLimits = { burst: 100, perSecond: 20 };
const MAX_ADDRESSES = 4096;

/** Counts failed credentials by client address in leaky buckets; successes cost nothing. */
export class FailureLimiter {
  readonly #limits: FailureLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: FailureLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Seconds until the next credential is looked at; zero when it may be now. */
  waitSeconds(address: string, now: number): number {
    const excess = this.#level(clientNetwork(address), now) - this.#limits.burst + 1;
    return excess <= 0 ? 0 : Math.ceil(excess / this.#limits.perSecond);
  }

  fail(address: string, now: number): void {
    const network = clientNetwork(address);
    const failures = this.#level(network, now) + 1;
    // Whoever failed longest ago stands first and is forgotten first.
    this.#buckets.delete(network);
    if (this.#buckets.size >= MAX_ADDRESSES) this.#buckets.delete(this.#buckets.keys().next().value ?? '');
    this.#buckets.set(network, { failures, at: now });
  }

  #level(network: string, now: number): number {
    const bucket = this.#buckets.get(network);
    if (bucket === undefined) return 0;
    return Math.max(0, bucket.failures - (Math.max(0, now - bucket.at) / 1000) * this.#limits.perSecond);
  }
}
