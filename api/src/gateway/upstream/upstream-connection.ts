import type { Socket } from 'node:net';

import { PodSocket } from './pod-socket.ts';
import type { ReadBuffers } from './read-buffers.ts';
import { ResponseSyntaxError, type ResponseHead } from './response-head.ts';
import { ResponseReader } from './response-reader.ts';
import { UpstreamError } from './upstream-error.ts';

/** One request and its answer. Exactly one of `onEnd` and `onError` comes last. */
export interface Exchange {
  readonly method: string;
  /** A 101 is a good answer; what follows it is data up to the end. */
  readonly mayUpgrade: boolean;
  onHead(head: ResponseHead): void;
  /** `data` is a view of a buffer that is used again: see `writeTo`. */
  onData(data: Buffer): void;
  /** All bytes that one read brought were delivered. */
  onBatch(): void;
  onEnd(head: ResponseHead): void;
  onError(error: UpstreamError): void;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly buffers: ReadBuffers;
}

export interface ConnectionEvents {
  /** The answer is complete and the connection can carry another request. */
  onIdle(connection: UpstreamConnection, idleSeconds: number | undefined): void;
  onClose(connection: UpstreamConnection): void;
}

const LAST_ANSWER_MS = 5000;

/** One TCP connection to a pod. It carries one exchange at a time. */
export class UpstreamConnection {
  readonly socket: PodSocket;
  /** When it has idled too long, in milliseconds since the epoch; kept by its pool. */
  idleUntil = 0;
  readonly #events: ConnectionEvents;
  readonly #buffers: ReadBuffers;
  readonly #reader: ResponseReader;
  #buffer: Buffer;
  #isKept = false;
  #isPaused = false;
  #exchange: Exchange | undefined;
  #exchanges = 0;
  #hasAnswered = false;
  #isSent = true;
  #failure: UpstreamError | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #answerTimer: NodeJS.Timeout | undefined;

  constructor({ host, port, connectTimeoutMs, buffers }: ConnectionOptions, events: ConnectionEvents) {
    this.#events = events;
    this.#buffers = buffers;
    this.#buffer = buffers.shared;
    this.#reader = new ResponseReader({
      onHead: (head) => this.#exchange?.onHead(head),
      onData: (data) => this.#exchange?.onData(data),
      onEnd: (head) => this.#finish(head),
    });
    this.socket = new PodSocket({ buffer: () => this.#buffer, callback: (size) => this.#onBytes(size) });
    this.socket.connect({ host, port });
    this.#connectTimer = setTimeout(() => this.destroy(new UpstreamError('connect_timeout')), connectTimeoutMs);
    this.socket.on('connect', () => this.#stopConnectTimer());
    this.socket.on('writeFailed', () => this.#waitForAnswer());
    this.socket.on('error', (cause) => this.#noteFailure(cause));
    this.socket.on('end', () => this.#onFin());
    this.socket.on('close', () => this.#onClose());
  }

  /** Begins an exchange by writing the request's head. A body follows through `socket`, and then `bodySent`. */
  start(head: string, exchange: Exchange, hasBody: boolean): void {
    this.#exchange = exchange;
    this.#exchanges++;
    this.#hasAnswered = false;
    this.#isSent = !hasBody;
    this.#reader.expect(exchange.method, exchange.mayUpgrade);
    if (hasBody) {
      // The head and what of the body is there already leave in one packet.
      this.socket.cork();
      process.nextTick(() => this.socket.uncork());
    }
    this.socket.write(head, 'latin1');
  }

  bodySent(): void {
    this.#isSent = true;
  }

  /**
   * Writes data of this connection to a socket, from `onData`. What the kernel does not take at once is held: as a copy where
   * others read into the same buffer, else by giving this connection another one.
   *
   * @returns whether the socket takes more, as `Writable.write` does.
   */
  writeTo(socket: Socket, data: Buffer): boolean {
    if (this.#buffer === this.#buffers.shared) return socket.write(Buffer.from(data));
    const hasRoom = socket.write(data);
    if (socket.writableLength > 0) this.#isKept = true;
    return hasRoom;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.socket.resume();
  }

  destroy(error: UpstreamError = new UpstreamError('aborted')): void {
    this.#failure ??= error;
    this.socket.destroy();
  }

  #onBytes(size: number): boolean {
    this.#hasAnswered = true;
    const isValid = this.#read(this.#buffer.subarray(0, size));
    // Also after bad bytes: what came before them may still be on its way out of this buffer.
    this.#buffer = this.#isKept ? this.#buffers.large() : this.#buffers.next(this.#buffer, size);
    this.#isKept = false;
    return isValid && !this.#isPaused;
  }

  #read(bytes: Buffer): boolean {
    try {
      this.#reader.push(bytes);
      this.#exchange?.onBatch();
      return true;
    } catch (cause) {
      if (!(cause instanceof ResponseSyntaxError)) throw cause;
      this.destroy(new UpstreamError('invalid_response', { cause }));
      return false;
    }
  }

  #finish(head: ResponseHead): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#isPaused = false;
    exchange?.onEnd(head);
    // An answer that came before the whole request was sent leaves the rest of the request in the way of the next one.
    if (!head.keepsAlive || !this.#isSent || this.socket.cannotWrite) return this.destroy();
    return this.#events.onIdle(this, head.idleSeconds);
  }

  /** The pod takes no more of the request. What it said before may be on its way; its silence is not waited for. */
  #waitForAnswer(): void {
    const { isReadingBody, isExpecting } = this.#reader;
    if (!isExpecting && !isReadingBody) return this.destroy();
    this.#answerTimer = setTimeout(() => this.destroy(new UpstreamError('reset', { isStale: this.#isStale() })), LAST_ANSWER_MS);
    return undefined;
  }

  #onFin(): void {
    // Closed while it idles: the pool must not hand it out in the moment that its own end takes.
    if (this.#reader.close()) return this.destroy();
    this.destroy(new UpstreamError('reset', { isStale: this.#isStale() }));
  }

  #noteFailure(cause: Error): void {
    const reason = this.#connectTimer === undefined ? 'reset' : 'connect_failed';
    this.#failure ??= new UpstreamError(reason, { cause, isStale: this.#isStale() });
  }

  #isStale(): boolean {
    return this.#exchanges > 1 && !this.#hasAnswered;
  }

  #onClose(): void {
    this.#stopConnectTimer();
    clearTimeout(this.#answerTimer);
    this.#buffers.release(this.#buffer);
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#events.onClose(this);
    exchange?.onError(this.#failure ?? new UpstreamError('reset', { isStale: this.#isStale() }));
  }

  #stopConnectTimer(): void {
    clearTimeout(this.#connectTimer);
    this.#connectTimer = undefined;
  }
}
