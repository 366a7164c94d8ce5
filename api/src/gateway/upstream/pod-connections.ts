import type { ReadBuffers } from './read-buffers.ts';
import { UpstreamConnection, type Exchange } from './upstream-connection.ts';
import { UpstreamError } from './upstream-error.ts';

export interface PodConnectionsOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxIdle: number;
  readonly buffers: ReadBuffers;
  now(): number;
  /** Told of every change of the number of idle connections, by +1 or -1. */
  onIdleChange(change: number): void;
}

/** Servers of Node keep an idle connection for 5 s when they do not say; a request must not meet its end. */
const DEFAULT_IDLE_MS = 4000;
const IDLE_MARGIN_MS = 1000;
const MAX_IDLE_MS = 60_000;

/** The connections to one pod, by its UID: none of them is ever used for another pod, whatever address that one gets. */
export class PodConnections {
  readonly #options: PodConnectionsOptions;
  readonly #all = new Set<UpstreamConnection>();
  readonly #idle: UpstreamConnection[] = [];
  #isRetired = false;

  constructor(options: PodConnectionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /**
   * The connection that was used last, since it is the least likely to have been closed at the other end; a new one where
   * none is idle or `fresh` asks for it.
   *
   * @throws UpstreamError too_many
   */
  take({ fresh }: { readonly fresh: boolean }): UpstreamConnection {
    const idle = fresh ? undefined : this.#popIdle();
    if (idle !== undefined) return idle;
    if (this.#all.size >= this.#options.maxConnections) throw new UpstreamError('too_many');
    const connection = new UpstreamConnection(this.#options, {
      onIdle: (connection, idleSeconds) => this.#putIdle(connection, idleSeconds),
      onClose: (connection) => this.#forget(connection),
    });
    this.#all.add(connection);
    return connection;
  }

  start(exchange: Exchange, head: string, options: { readonly fresh: boolean; readonly hasBody: boolean }): UpstreamConnection {
    const connection = this.take(options);
    connection.start(head, exchange, options.hasBody);
    return connection;
  }

  /** Ends what idles, and each of the others when its answer is complete. */
  retire(): void {
    this.#isRetired = true;
    this.dropIdle();
  }

  /** Ends every connection now, also in the middle of an answer. */
  close(): void {
    this.#isRetired = true;
    for (const connection of this.#all) connection.destroy(new UpstreamError('pod_gone'));
  }

  dropIdle(count = this.#idle.length): void {
    // The front of the list has idled for longest.
    for (const connection of this.#idle.slice(0, count)) connection.destroy();
  }

  sweep(): void {
    const now = this.#options.now();
    for (const connection of this.#idle) if (connection.idleUntil <= now) connection.destroy();
  }

  #popIdle(): UpstreamConnection | undefined {
    const now = this.#options.now();
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      this.#options.onIdleChange(-1);
      if (connection.idleUntil > now && !connection.socket.destroyed) return connection;
      connection.destroy();
    }
  }

  #putIdle(connection: UpstreamConnection, idleSeconds: number | undefined): void {
    if (this.#isRetired || this.#idle.length >= this.#options.maxIdle) return connection.destroy();
    const idleMs = idleSeconds === undefined ? DEFAULT_IDLE_MS : Math.min(idleSeconds * 1000 - IDLE_MARGIN_MS, MAX_IDLE_MS);
    if (idleMs <= 0) return connection.destroy();
    connection.idleUntil = this.#options.now() + idleMs;
    this.#idle.push(connection);
    return this.#options.onIdleChange(1);
  }

  #forget(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    this.#options.onIdleChange(-1);
  }
}
