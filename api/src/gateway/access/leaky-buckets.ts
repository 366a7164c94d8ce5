import { LRUCache } from 'lru-cache';

export interface LeakyLimits {
  /** What one key may have at once. */
  readonly burst: number;
  /** What it is forgiven each second. */
  readonly perSecond: number;
}

interface Bucket {
  level: number;
  at: number;
}

const KEYS = 10_000;

/** Counts by key in leaky buckets; the key that was not heard of for longest is forgotten first. */
export class LeakyBuckets {
  readonly #limits: LeakyLimits;
  readonly #buckets = new LRUCache<string, Bucket>({ max: KEYS });

  constructor(limits: LeakyLimits) {
    this.#limits = limits;
  }

  /** Seconds until there is room for one more; zero when there is now. */
  waitSeconds(key: string, now: number): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return 0;
    const excess = this.#level(bucket, now) - this.#limits.burst + 1;
    return excess <= 0 ? 0 : Math.ceil(excess / this.#limits.perSecond);
  }

  add(key: string, now: number): void {
    const bucket = this.#buckets.get(key);
    const level = bucket === undefined ? 0 : this.#level(bucket, now);
    this.#buckets.set(key, { level: level + 1, at: now });
  }

  #level({ level, at }: Bucket, now: number): number {
    return Math.max(0, level - (Math.max(0, now - at) / 1000) * this.#limits.perSecond);
  }
}
