import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { ApiError } from '@sandfleet/contract';
import type { Logger } from '@sandfleet/server-kit';
import type { WebSocket } from 'ws';

import type { AccessMode } from '../../server/access.ts';
import type { Services } from '../../services/service.ts';
import { keepRunning } from './held-services.ts';
import { RfbViolation } from './rfb-messages.ts';
import { ViewFilter } from './view-filter.ts';

/** Bytes that may wait for a slow viewer before the screen is held, and to which they must shrink before it goes on. */
const HIGH_BYTES = 1024 * 1024;
const LOW_BYTES = 256 * 1024;
/** Answers to pings are left out for a viewer that does not read them. */
const CHATTER_BYTES = 64 * 1024;
/** Checks of life in a row without a sign of it. */
const MAX_SILENT_CHECKS = 2;
/** What a viewer gets to take its leave. */
const LEAVE_MS = 2000;
/** Close codes of RFC 6455. */
export const CLOSE = {
  goingAway: 1001,
  unsupported: 1003,
  policy: 1008,
  failed: 1011,
  restart: 1012,
  tryAgainLater: 1013,
} as const;

export interface VncOptions {
  readonly socket: WebSocket;
  readonly mode: AccessMode;
  readonly services: Services;
  readonly log: Logger;
}

/** One viewer of the screen: a WebSocket whose bytes go to the VNC server and back. */
export class VncConnection {
  readonly #options: VncOptions;
  readonly #filter: ViewFilter | undefined;
  readonly #gone = new AbortController();
  #server: Socket | undefined;
  #silentChecks = 0;

  constructor(options: VncOptions) {
    const { socket, mode } = options;
    this.#options = options;
    this.#filter = mode === 'view' ? new ViewFilter() : undefined;
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('ping', (data) => this.#onPing(data));
    socket.on('pong', () => void (this.#silentChecks = 0));
    socket.on('close', () => this.#gone.abort(new Error('the viewer left')));
  }

  /** Shows the screen until one of the two ends, and leaves nothing of either. Never rejects. */
  async run(): Promise<void> {
    const { socket, services, log } = this.#options;
    const { signal } = this.#gone;
    try {
      const lease = await services.get('screen').lease(signal);
      const end = () => this.#close(CLOSE.restart, 'The screen was ended.');
      lease.ended.addEventListener('abort', end, { once: true });
      const over = new AbortController();
      // The screen is of use before the browser is on it.
      const browser = keepRunning(services.get('browser'), AbortSignal.any([signal, over.signal]));
      try {
        await this.#carry(services.ports.vnc);
      } finally {
        over.abort();
        lease.ended.removeEventListener('abort', end);
        lease.release();
        await browser;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) log.error({ err: error }, 'the screen could not be shown');
      this.#close(CLOSE.tryAgainLater, error instanceof ApiError ? error.message : 'The screen could not be shown.');
    } finally {
      await this.#left();
      socket.terminate();
    }
  }

  /** Asks for a sign of life; who gave none since the last two times is dropped. */
  check(): void {
    if (this.#silentChecks >= MAX_SILENT_CHECKS) return this.#options.socket.terminate();
    this.#silentChecks += 1;
    return this.#options.socket.ping();
  }

  close(): void {
    this.#close(CLOSE.goingAway, 'The sandbox stops.');
    this.#options.socket.terminate();
  }

  async #carry(path: string): Promise<void> {
    const { socket } = this.#options;
    const { signal } = this.#gone;
    const server = createConnection({ path });
    this.#server = server;
    server.on('drain', () => socket.resume());
    server.on('data', (chunk) => this.#toViewer(server, chunk));
    await new Promise<void>((resolve) => {
      // What breaks it shows as its close.
      server.on('error', () => undefined).once('close', () => resolve());
      signal.addEventListener('abort', () => server.destroy(), { once: true });
      if (signal.aborted) server.destroy();
      // The server speaks first: what a viewer says before is not lost either.
      server.once('connect', () => socket.resume());
    });
    this.#close(CLOSE.goingAway, 'The screen ended the connection.');
  }

  #toViewer(server: Socket, chunk: Buffer): void {
    const { socket } = this.#options;
    socket.send(chunk, () => {
      if (server.isPaused() && socket.bufferedAmount <= LOW_BYTES) server.resume();
    });
    if (socket.bufferedAmount > HIGH_BYTES) server.pause();
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    this.#silentChecks = 0;
    if (!isBinary) return this.#close(CLOSE.unsupported, 'RFB comes in binary messages.');
    try {
      this.#toServer(this.#filter === undefined ? data : this.#filter.push(data));
    } catch (error) {
      if (!(error instanceof RfbViolation)) throw error;
      this.#close(CLOSE.policy, `Not a message that a viewer sends: ${error.message}.`);
    }
    return undefined;
  }

  #toServer(bytes: Buffer): void {
    const { socket } = this.#options;
    if (bytes.length === 0 || this.#server === undefined || this.#server.destroyed) return;
    if (!this.#server.write(bytes)) socket.pause();
  }

  #onPing(data: Buffer): void {
    this.#silentChecks = 0;
    const { socket } = this.#options;
    if (socket.bufferedAmount <= CHATTER_BYTES) socket.pong(data);
  }

  #close(code: number, why: string): void {
    const { socket } = this.#options;
    socket.close(code, why);
    // Its answer to the close would not be read otherwise; what else it still says goes to nobody.
    socket.resume();
    this.#server?.destroy();
  }

  /** Why it ends is on its way to the viewer, who may be slow or gone. */
  async #left(): Promise<void> {
    const { signal } = this.#gone;
    await delay(LEAVE_MS, undefined, { signal }).catch(() => undefined);
  }
}
