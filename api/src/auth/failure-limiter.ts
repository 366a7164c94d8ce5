import { clientNetwork } from '@sandfleet/server-kit';
import { LRUCache } from 'lru-cache';

export interface FailureLimits {
  /** Failures that one client may have at once. */
  readonly burst: number;
  /** Failures that it is forgiven each second. */
  readonly perSecond: number;
}

const DEFAULT_LIMITS: FailureLimits = { burst: 20, perSecond: 0.5 };
const CLIENTS = 10_000;

interface Bucket {
  readonly level: number;
  readonly at: number;
}

/** Counts refused credentials by client address. The memory is bounded: the client that failed least recently is forgotten first. */
export class FailureLimiter {
  readonly #limits: FailureLimits;
  readonly #buckets: LRUCache<string, Bucket>;

  constructor(limits: FailureLimits = DEFAULT_LIMITS, clients = CLIENTS) {
    this.#limits = limits;
    this.#buckets = new LRUCache({ max: clients });
  }

  /** Counts a failure; gives the seconds that the client has to wait, or zero while it is within the limit. */
  fail(address: string, now: Date): number {
    const client = clientNetwork(address);
    const before = this.#buckets.get(client);
    const elapsed = before === undefined ? 0 : Math.max(0, now.getTime() - before.at) / 1000;
    const level = Math.max(0, (before?.level ?? 0) - elapsed * this.#limits.perSecond);
    const over = level + 1 - this.#limits.burst;
    // A client that keeps on does not push its own release ever further away.
    this.#buckets.set(client, { level: Math.min(level + 1, this.#limits.burst + 1), at: now.getTime() });
    return over <= 0 ? 0 : Math.ceil(over / this.#limits.perSecond);
  }
}
