import { defer, type Deferred } from './deferred.ts';
import type { KubeMetrics } from './metrics.ts';

export interface WorkQueueOptions {
  /** The label of its metrics, usually the controller's name. */
  readonly name: string;
  readonly metrics?: KubeMetrics | undefined;
  /** First wait after a failure; each further failure of the key doubles it. */
  readonly baseDelaySeconds?: number | undefined;
  readonly maxDelaySeconds?: number | undefined;
}

// setTimeout takes 31 bits of milliseconds and fires at once beyond them.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Timer {
  readonly at: number;
  readonly handle: NodeJS.Timeout;
}

/**
 * Keys to work on. A key waits at most once, and is never in work twice at the same time: added while in work, it comes
 * again when that work is done. Every `get` is followed by `done`.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Keys that wait, with the time they were added; in insertion order they are taken from `#order`. */
  readonly #waiting = new Map<string, number>();
  readonly #inWork = new Map<string, number>();
  /** Keys that were added while in work. */
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  readonly #failures = new Map<string, number>();
  readonly #takers: Deferred<string | undefined>[] = [];
  #order: string[] = [];
  #head = 0;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#startMetrics();
  }

  /** Keys that wait, without those in work. */
  get length(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#closed || this.#waiting.has(key) || this.#again.has(key)) return;
    this.#options.metrics?.adds.inc({ name: this.#options.name });
    if (this.#inWork.has(key)) this.#again.add(key);
    else this.#enqueue(key);
  }

  /** Adds the key after a time. Of several times for one key the earliest holds. */
  addAfter(key: string, seconds: number): void {
    if (this.#closed) return;
    if (!(seconds > 0)) return this.add(key);
    const at = performance.now() + seconds * 1000;
    const known = this.#timers.get(key);
    if (known && known.at <= at) return;
    if (known) clearTimeout(known.handle);
    this.#arm(key, at);
  }

  /** Adds the key after its back-off, at least `minimumSeconds` from now. Gives the wait in seconds. */
  addRateLimited(key: string, minimumSeconds = 0): number {
    const { baseDelaySeconds = 0.01, maxDelaySeconds = 60, metrics, name } = this.#options;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    metrics?.retries.inc({ name });
    const seconds = Math.max(minimumSeconds, Math.min(maxDelaySeconds, baseDelaySeconds * 2 ** failures));
    this.addAfter(key, seconds);
    return seconds;
  }

  /** The key did well: its next failure starts with the shortest wait. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures of the key in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, when there is one; undefined when the queue was shut down. */
  get(): Promise<string | undefined> {
    const key = this.#dequeue();
    if (key !== undefined || this.#closed) return Promise.resolve(key);
    const taker = defer<string | undefined>();
    this.#takers.push(taker);
    return taker.promise;
  }

  done(key: string): void {
    const started = this.#inWork.get(key);
    if (started === undefined) return;
    this.#inWork.delete(key);
    this.#options.metrics?.workSeconds.observe({ name: this.#options.name }, (performance.now() - started) / 1000);
    if (this.#again.delete(key) && !this.#closed) this.#enqueue(key);
  }

  /** Gives out no more keys; those in work may finish. A new leader starts from the cluster, so what waits is dropped. */
  shutDown(): void {
    this.#closed = true;
    for (const { handle } of this.#timers.values()) clearTimeout(handle);
    this.#timers.clear();
    this.#waiting.clear();
    this.#again.clear();
    this.#order = [];
    this.#head = 0;
    for (const taker of this.#takers.splice(0)) taker.resolve(undefined);
    this.#countDepth();
  }

  #arm(key: string, at: number): void {
    const wait = Math.max(0, at - performance.now());
    const handle = setTimeout(
      () => {
        this.#timers.delete(key);
        if (at - performance.now() > 1) this.#arm(key, at);
        else this.add(key);
      },
      Math.min(wait, LONGEST_TIMER_MS),
    );
    // A key that is due in an hour is no reason to keep the process.
    handle.unref();
    this.#timers.set(key, { at, handle });
  }

  #enqueue(key: string): void {
    this.#waiting.set(key, performance.now());
    const taker = this.#takers.shift();
    if (taker) {
      this.#take(key);
      taker.resolve(key);
      return;
    }
    this.#order.push(key);
    this.#countDepth();
  }

  #dequeue(): string | undefined {
    const key = this.#order[this.#head];
    if (key === undefined) return undefined;
    this.#head += 1;
    // An array's own shift moves all that is left.
    if (this.#head > 1024 && this.#head * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#head);
      this.#head = 0;
    }
    this.#take(key);
    return key;
  }

  #take(key: string): void {
    const now = performance.now();
    const added = this.#waiting.get(key) ?? now;
    this.#waiting.delete(key);
    this.#inWork.set(key, now);
    this.#options.metrics?.queueSeconds.observe({ name: this.#options.name }, (now - added) / 1000);
    this.#countDepth();
  }

  #countDepth(): void {
    this.#options.metrics?.depth.set({ name: this.#options.name }, this.#waiting.size);
  }

  /** From zero on, so that a rate over a series has its first step. */
  #startMetrics(): void {
    const { metrics, name } = this.#options;
    if (!metrics) return;
    metrics.depth.set({ name }, 0);
    metrics.adds.inc({ name }, 0);
    metrics.retries.inc({ name }, 0);
    metrics.queueSeconds.zero({ name });
    metrics.workSeconds.zero({ name });
    metrics.secondsInWork.set(name, () => {
      const now = performance.now();
      return [...this.#inWork.values()].map((started) => (now - started) / 1000);
    });
  }
}
