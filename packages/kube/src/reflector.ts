import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Backoff } from './backoff.ts';
import type { KubeClient, Selection } from './client.ts';
import { defer, orAbort } from './deferred.ts';
import { CLIENT_TIMEOUT, CONNECTION_FAILED, isGone, KubeError } from './kube-error.ts';
import { listPages } from './list-pages.ts';
import type { KubeMetrics } from './metrics.ts';
import type { KubeObject, WatchEvent } from './object.ts';
import type { ResourceType } from './resource-type.ts';
import type { Store, Transform } from './store.ts';

export interface ReflectorOptions<T extends KubeObject> extends Selection {
  readonly client: KubeClient;
  readonly type: ResourceType<T>;
  readonly store: Store<T>;
  /** Its label in metrics and logs; the kind when left out. Two reflectors of one kind need two. */
  readonly name?: string | undefined;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
  /** What is kept of an object. Installed on the store, so that own writes pass it too. */
  readonly transform?: Transform<T> | undefined;
  readonly timing?: Partial<ReflectorTiming> | undefined;
}

export interface ReflectorTiming {
  readonly pageSize: number;
  /** The server ends each watch after a time between these two, so that reflectors spread over its replicas. */
  readonly watchSeconds: readonly [number, number];
  /** Longer than the minute between two bookmarks: silence beyond it is a dead connection. */
  readonly idleSeconds: number;
  /** A watch that lasted so long was a good one: the next failure starts with a short wait again. */
  readonly healthySeconds: number;
  readonly backoffMs: readonly [base: number, cap: number];
}

const TIMING: ReflectorTiming = {
  pageSize: 500,
  watchSeconds: [300, 600],
  idleSeconds: 150,
  healthySeconds: 5,
  backoffMs: [500, 10_000],
};

/**
 * Keeps a store like the cluster: list, then watch from there, again and again until stopped.
 *
 *   list ──ok──▶ watch ──server's timeout, EOF, hang──▶ watch from the last resourceVersion
 *    ▲             └──────────410 Gone────────┐
 *    └────────────────────────────────────────┘
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #timing: ReflectorTiming;
  readonly #backoff: Backoff;
  readonly #firstSync = defer<void>();
  readonly #name: string;
  #synced = false;
  /** Where a watch can go on from; undefined when only a list helps. */
  #resourceVersion: string | undefined;
  #listedAt = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#backoff = new Backoff({ baseMs: this.#timing.backoffMs[0], capMs: this.#timing.backoffMs[1] });
    this.#name = options.name ?? options.type.kind;
    if (options.transform) options.store.setTransform(options.transform);
    options.metrics?.synced.set({ name: this.#name }, 0);
    options.metrics?.objects.set({ name: this.#name }, 0);
    for (const cause of CAUSES) options.metrics?.watchEnds.inc({ name: this.#name, cause }, 0);
  }

  /** True once the first list is in the store. It stays true: from then on the store lags, but holds no gap. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Waits for the first list. Rejects with the signal's reason. */
  async synced(signal?: AbortSignal): Promise<void> {
    await orAbort(this.#firstSync.promise, signal);
  }

  /** Runs until the signal aborts; then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait = await this.#step(signal);
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One list, or one watch from start to end. Gives the milliseconds to wait before the next one. */
  async #step(signal: AbortSignal): Promise<number> {
    const started = performance.now();
    try {
      if (this.#resourceVersion === undefined) {
        await this.#list(signal);
        return 0;
      }
      await this.#watch(this.#resourceVersion, signal);
      return this.#afterWatch(started, 'end');
    } catch (error) {
      return signal.aborted ? 0 : this.#afterFailure(error, started);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, type, store, metrics, namespace, labelSelector, fieldSelector } = this.#options;
    metrics?.lists.inc({ name: this.#name });
    const uids = new Set<string>();
    const { pageSize } = this.#timing;
    const resourceVersion = await listPages(
      client,
      type,
      { namespace, labelSelector, fieldSelector, pageSize, signal },
      (items, isFirst) => {
        if (isFirst) uids.clear();
        for (const item of items) {
          if (item.metadata.uid) uids.add(item.metadata.uid);
          store.upsert(item);
        }
      },
    );
    store.retain(uids, resourceVersion);
    this.#resourceVersion = resourceVersion;
    this.#listedAt = performance.now();
    this.#countObjects();
    if (this.#synced) return;
    this.#synced = true;
    metrics?.synced.set({ name: this.#name }, 1);
    this.#firstSync.resolve();
  }

  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { client, type, metrics, namespace, labelSelector, fieldSelector } = this.#options;
    const [shortest, longest] = this.#timing.watchSeconds;
    metrics?.watches.inc({ name: this.#name });
    const events = client.watch(
      type,
      {
        namespace,
        labelSelector,
        fieldSelector,
        resourceVersion: from,
        allowBookmarks: true,
        timeoutSeconds: Math.round(shortest + (longest - shortest) * Math.random()),
        idleTimeoutSeconds: this.#timing.idleSeconds,
      },
      signal,
    );
    for await (const event of events) this.#take(event);
  }

  #take({ type, object }: WatchEvent<T>): void {
    const { store, metrics } = this.#options;
    metrics?.watchEvents.inc({ name: this.#name, type });
    if (type === 'DELETED') store.remove(object.metadata);
    else if (type !== 'BOOKMARK') store.upsert(object);
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    this.#countObjects();
  }

  #afterFailure(error: unknown, started: number): number {
    const { log } = this.#options;
    if (this.#resourceVersion === undefined) {
      log.warn({ reflector: this.#name, err: error }, 'cannot list');
      return this.#notBefore(error, this.#backoff.next());
    }
    if (isGone(error)) return this.#afterGone();
    const cause = causeOf(error);
    // Connections that end are daily life; anything else has a cause that someone should see.
    if (cause === 'error') log.warn({ reflector: this.#name, err: error }, 'cannot watch');
    else log.debug({ reflector: this.#name, err: error }, 'watch broke off');
    return this.#notBefore(error, this.#afterWatch(started, cause));
  }

  /** Listing at once closes the gap soonest; but lists are dear, so a server that forgets straight away has to wait. */
  #afterGone(): number {
    this.#options.log.debug({ reflector: this.#name }, 'the watch is too far behind, listing again');
    this.#options.metrics?.watchEnds.inc({ name: this.#name, cause: 'gone' });
    this.#resourceVersion = undefined;
    return this.#isLongSince(this.#listedAt) ? 0 : this.#backoff.next();
  }

  /** A watch that lasted goes on at once; a server or proxy that ends each one straight away must not be hammered. */
  #afterWatch(started: number, cause: WatchEndCause): number {
    this.#options.metrics?.watchEnds.inc({ name: this.#name, cause });
    if (!this.#isLongSince(started)) return this.#backoff.next();
    this.#backoff.reset();
    return 0;
  }

  #isLongSince(time: number): boolean {
    return performance.now() - time >= this.#timing.healthySeconds * 1000;
  }

  #notBefore(error: unknown, wait: number): number {
    const seconds = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) : 0;
    return Math.max(wait, Math.min(seconds * 1000, this.#timing.backoffMs[1]));
  }

  #countObjects(): void {
    this.#options.metrics?.objects.set({ name: this.#name }, this.#options.store.size);
  }
}

const CAUSES = ['end', 'gone', 'idle', 'connection', 'error'] as const;
type WatchEndCause = (typeof CAUSES)[number];

function causeOf(error: unknown): WatchEndCause {
  if (!(error instanceof KubeError)) return 'error';
  if (error.reason === CLIENT_TIMEOUT) return 'idle';
  return error.reason === CONNECTION_FAILED ? 'connection' : 'error';
}
