import type { PodRoute } from '../routing/route.ts';
import { PodConnections } from './pod-connections.ts';
import { ReadBuffers } from './read-buffers.ts';

export interface UpstreamPoolsOptions {
  /** Port of the runtime in every pod. */
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** Connections to one pod, sockets and requests together. */
  readonly maxConnectionsPerPod: number;
  readonly maxIdlePerPod: number;
  /** Idle connections to all pods together. */
  readonly maxIdle: number;
}

export const DEFAULT_POOLS: UpstreamPoolsOptions = {
  port: 8080,
  connectTimeoutMs: 5000,
  maxConnectionsPerPod: 1024,
  maxIdlePerPod: 64,
  maxIdle: 4096,
};

const SWEEP_MS = 1000;

/** The connections to all pods, by pod UID, the one used longest ago first, give or take the time between two sweeps. */
export class UpstreamPools {
  readonly #options: UpstreamPoolsOptions;
  readonly #pools = new Map<string, PodConnections>();
  /** Those that were moved to the end since the last sweep: a move with each request would cost more than its order is worth. */
  readonly #moved = new Set<string>();
  readonly #buffers = new ReadBuffers();
  readonly #sweeper: NodeJS.Timeout;
  #idle = 0;

  constructor(options: UpstreamPoolsOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  get idle(): number {
    return this.#idle;
  }

  get size(): number {
    return this.#pools.size;
  }

  /** The connections to the pod. Callers look the route up and start their exchange in one turn, so the pod is still that one. */
  of(pod: PodRoute): PodConnections {
    const known = this.#pools.get(pod.uid);
    if (known !== undefined) return known;
    const { port, connectTimeoutMs, maxConnectionsPerPod, maxIdlePerPod } = this.#options;
    const pool: PodConnections = new PodConnections({
      host: pod.ip,
      port,
      connectTimeoutMs,
      maxConnections: maxConnectionsPerPod,
      maxIdle: maxIdlePerPod,
      buffers: this.#buffers,
      now: Date.now,
      onIdleChange: (change) => this.#onIdleChange(pod.uid, change),
    });
    this.#pools.set(pod.uid, pool);
    return pool;
  }

  retire(podUid: string): void {
    this.#pools.get(podUid)?.retire();
  }

  close(podUid: string): void {
    const pool = this.#pools.get(podUid);
    this.#pools.delete(podUid);
    pool?.close();
  }

  closeAll(): void {
    clearInterval(this.#sweeper);
    for (const uid of this.#pools.keys()) this.close(uid);
  }

  #onIdleChange(uid: string, change: number): void {
    this.#idle += change;
    if (change < 0) return;
    this.#moveToEnd(uid);
    if (this.#idle > this.#options.maxIdle) this.#evict();
  }

  #moveToEnd(uid: string): void {
    const pool = this.#pools.get(uid);
    if (pool === undefined || this.#moved.has(uid)) return;
    this.#moved.add(uid);
    this.#pools.delete(uid);
    this.#pools.set(uid, pool);
  }

  #evict(): void {
    for (const pool of this.#pools.values()) {
      if (pool.idle === 0) continue;
      pool.dropIdle(1);
      return;
    }
  }

  #sweep(): void {
    this.#moved.clear();
    for (const [uid, pool] of this.#pools) {
      pool.sweep();
      if (pool.size === 0) this.#pools.delete(uid);
    }
  }
}
