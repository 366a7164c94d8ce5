import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Backoff } from './backoff.ts';
import type { KubeClient } from './client.ts';
import { buildEvent, type EventInput, type Reporter, seriesKeyOf } from './event-object.ts';
import { isNotFound, isUnavailable } from './kube-error.ts';
import { microTime } from './lease-record.ts';
import type { KubeMetrics } from './metrics.ts';
import { type Event, events } from './resources.ts';
import { TokenBucket } from './token-bucket.ts';

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Who reports, as a qualified name: `sandfleet.dev/operator`. */
  readonly controller: string;
  /** Which of them: the pod's name. */
  readonly instance: string;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
  readonly limits?: Partial<EventLimits> | undefined;
}

export interface EventLimits {
  /** Happenings whose repeats are counted together; the one unused for the longest time is let go. */
  readonly series: number;
  /** Events that wait to be sent; more are dropped. */
  readonly pending: number;
  readonly perSecond: number;
  readonly burst: number;
  /** A repeat after this time is a new event. */
  readonly windowSeconds: number;
  /** Repeats are written together after this time. */
  readonly seriesSeconds: number;
  /** Most time that `stop` takes. */
  readonly flushSeconds: number;
}

const LIMITS: EventLimits = {
  series: 1000,
  pending: 500,
  perSecond: 10,
  burst: 50,
  windowSeconds: 600,
  seriesSeconds: 10,
  flushSeconds: 5,
};
const ATTEMPTS = 3;

interface Series {
  readonly input: EventInput;
  /** The event in the cluster, once created. */
  created: Event | undefined;
  readonly firstAt: Date;
  lastAt: Date;
  count: number;
  writtenCount: number;
}

/** Tells people what happened, as Kubernetes events. Losing one is harmless, so nothing here ever throws or blocks the caller. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #limits: EventLimits;
  readonly #bucket: TokenBucket;
  readonly #series = new Map<string, Series>();
  readonly #pending = new Set<Series>();
  /** Series with repeats that are not written yet. */
  readonly #repeated = new Set<Series>();
  readonly #stopping = new AbortController();
  readonly #reporter: Reporter;
  #repeatTimer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #stopped = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#bucket = new TokenBucket(this.#limits.perSecond, this.#limits.burst);
    this.#reporter = { controller: options.controller, instance: options.instance };
    for (const result of ['sent', 'aggregated', 'dropped', 'failed']) options.metrics?.events.inc({ result }, 0);
  }

  record(input: EventInput): void {
    if (this.#stopped) return;
    try {
      this.#record(input);
    } catch (err) {
      this.#count('failed');
      this.#options.log.warn({ err }, 'cannot record an event');
    }
  }

  #record(input: EventInput): void {
    const key = seriesKeyOf(input);
    const now = new Date();
    const known = this.#series.get(key);
    if (known && now.getTime() - known.lastAt.getTime() < this.#limits.windowSeconds * 1000) {
      this.#repeat(key, known, now);
      return;
    }
    const { apiVersion, kind, metadata } = input.regarding;
    // The rest of the object would be kept alive for as long as the series.
    const trimmed: EventInput = { ...input, regarding: { apiVersion, kind, metadata } };
    const series: Series = { input: trimmed, created: undefined, firstAt: now, lastAt: now, count: 1, writtenCount: 0 };
    if (this.#enqueue(series)) this.#keep(key, series);
  }

  /** Sends what waits, for a few seconds at most. Nothing is recorded from then on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#repeatTimer);
    this.#flushRepeats();
    const timer = setTimeout(() => this.#stopping.abort(), this.#limits.flushSeconds * 1000);
    await this.#draining;
    clearTimeout(timer);
    this.#count('dropped', this.#pending.size);
    this.#pending.clear();
  }

  #repeat(key: string, series: Series, now: Date): void {
    series.count += 1;
    series.lastAt = now;
    this.#keep(key, series);
    this.#count('aggregated');
    this.#repeated.add(series);
    this.#repeatTimer ??= setTimeout(() => this.#flushRepeats(), this.#limits.seriesSeconds * 1000).unref();
  }

  #keep(key: string, series: Series): void {
    this.#series.delete(key);
    this.#series.set(key, series);
    if (this.#series.size <= this.#limits.series) return;
    const oldest = this.#series.keys().next();
    if (!oldest.done) this.#series.delete(oldest.value);
  }

  #flushRepeats(): void {
    this.#repeatTimer = undefined;
    for (const series of this.#repeated) this.#enqueue(series);
    this.#repeated.clear();
  }

  #enqueue(series: Series): boolean {
    if (this.#pending.size >= this.#limits.pending && !this.#pending.has(series)) {
      this.#count('dropped');
      return false;
    }
    this.#pending.add(series);
    this.#draining ??= this.#drain();
    return true;
  }

  async #drain(): Promise<void> {
    for (const series of this.#pending) {
      await this.#sendNext(series);
      if (this.#stopping.signal.aborted) break;
    }
    this.#draining = undefined;
  }

  async #sendNext(series: Series): Promise<void> {
    try {
      // In the last seconds of the process the bound on the time is enough.
      if (!this.#stopped) await this.#bucket.take(this.#stopping.signal);
      this.#pending.delete(series);
      await this.#send(series);
      this.#count('sent');
    } catch (err) {
      this.#pending.delete(series);
      this.#count('failed');
      const { reason, regarding } = series.input;
      this.#options.log.debug({ err, reason, regarding: regarding.metadata.name }, 'cannot write an event');
    }
  }

  async #send(series: Series): Promise<void> {
    const backoff = new Backoff({ baseMs: 500, capMs: 5000 });
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#write(series);
        return;
      } catch (error) {
        if (!isUnavailable(error) || attempt >= ATTEMPTS) throw error;
        await sleep(backoff.next(), undefined, { signal: this.#stopping.signal });
      }
    }
  }

  async #write(series: Series): Promise<void> {
    const { client } = this.#options;
    const signal = this.#stopping.signal;
    if (series.created && series.count === series.writtenCount) return;
    if (series.created) {
      const { namespace, name } = series.created.metadata;
      const count = series.count;
      const body = { series: { count, lastObservedTime: microTime(series.lastAt) } };
      try {
        await client.patch(events, { namespace, name }, body, { contentType: 'application/merge-patch+json', signal });
        series.writtenCount = count;
        return;
      } catch (error) {
        // Events live for an hour; a series may outlive its event.
        if (!isNotFound(error)) throw error;
      }
    }
    const suffix = `${Date.now().toString(16)}${randomBytes(4).toString('hex')}`;
    const event = buildEvent(series.input, this.#reporter, series.created ? series.lastAt : series.firstAt, suffix);
    series.created = await client.create(events, event, { signal });
    series.writtenCount = 1;
    if (series.count > 1) this.#repeatLater(series);
  }

  #repeatLater(series: Series): void {
    this.#repeated.add(series);
    if (this.#stopped) this.#flushRepeats();
    else this.#repeatTimer ??= setTimeout(() => this.#flushRepeats(), this.#limits.seriesSeconds * 1000).unref();
  }

  #count(result: 'sent' | 'aggregated' | 'dropped' | 'failed', by = 1): void {
    this.#options.metrics?.events.inc({ result }, by);
  }
}
