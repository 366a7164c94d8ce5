import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { rewriteHeaders, type ResponseContext } from '../response/headers.ts';
import type { ResponseHead } from '../upstream/response-head.ts';
import type { Exchange, UpstreamConnection } from '../upstream/upstream-connection.ts';
import { UpstreamError } from '../upstream/upstream-error.ts';
import { HttpExchange } from './http-exchange.ts';

export interface TunnelOptions {
  readonly socket: Socket;
  /** Bytes that the client sent right after its request; once. */
  takeFirst(): Buffer;
  readonly context: ResponseContext;
  /** After one side ended, the other has this long to end too. */
  readonly halfClosedMs: number;
  /** Milliseconds since the epoch: the tunnel ends with its credential. */
  readonly expiresAt: number;
  /** An answer on the client's socket, for a pod that does not switch protocols. */
  respond(): ServerResponse;
  onOpen(): void;
  onFailure(error: UpstreamError): void;
  onOver(tunnel: TunnelExchange): void;
}

/** Timers hold no more; a credential that lives longer is checked again by then. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A WebSocket as the bytes that it is: after the pod switched protocols they pass both ways as they come, each way no faster
 * than its end takes them. Nothing is framed anew, so subprotocols and extensions are between the client and the pod.
 */
export class TunnelExchange implements Exchange {
  readonly method = 'GET';
  readonly mayUpgrade = true;
  bytesIn = 0;
  bytesOut = 0;
  status = 0;
  readonly #options: TunnelOptions;
  #connection: UpstreamConnection | undefined;
  #fallback: HttpExchange | undefined;
  #timers: NodeJS.Timeout[] = [];
  #isOver = false;
  #isWaiting = false;

  constructor(options: TunnelOptions) {
    this.#options = options;
  }

  begin(connection: UpstreamConnection): void {
    this.#connection = connection;
  }

  /** Ends both sides now. */
  close(): void {
    this.#connection?.destroy(new UpstreamError('aborted'));
    this.#options.socket.destroy();
    this.#finish();
  }

  onHead(head: ResponseHead): void {
    this.status = head.status;
    if (head.status === 101) this.#open(head);
    else this.#refuse(head);
  }

  onData(data: Buffer): void {
    if (this.#fallback !== undefined) return this.#fallback.onData(data);
    this.bytesOut += data.length;
    if (this.#connection?.writeTo(this.#options.socket, data) === false) this.#waitForDrain();
    return undefined;
  }

  onBatch(): void {
    this.#fallback?.onBatch();
  }

  onEnd(): void {
    if (this.#fallback !== undefined) return this.#fallback.onEnd();
    // What the client still sends has nowhere to go, but its end is waited for.
    this.#options.socket.resume().end();
    this.#closeLater();
    return undefined;
  }

  onError(error: UpstreamError): void {
    if (this.#isOver) return;
    if (this.#fallback !== undefined) return this.#fallback.onError(error);
    if (this.status === 0) {
      this.#finish();
      return this.#options.onFailure(error);
    }
    return this.close();
  }

  #open(head: ResponseHead): void {
    const { socket, context, expiresAt, takeFirst } = this.#options;
    const pod = this.#connection?.socket;
    if (pod === undefined) return this.close();
    let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
    const headers = rewriteHeaders(head.headers, context);
    for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    socket.write(`${text}\r\n`, 'latin1');
    this.#timers.push(setTimeout(() => this.close(), Math.min(Math.max(0, expiresAt - Date.now()), MAX_TIMER_MS)));
    this.#sendTo(pod, takeFirst());
    return this.#options.onOpen();
  }

  /** By hand and not as a pipe: a pipe leaves its source paused when its target closes, and the client's end would go unseen. */
  #sendTo(pod: Socket, first: Buffer): void {
    const { socket } = this.#options;
    const send = (data: Buffer) => {
      this.bytesIn += data.length;
      if (pod.writable && !pod.write(data)) socket.pause();
    };
    if (first.length > 0) send(first);
    pod.on('drain', () => socket.resume());
    socket.on('data', send);
    socket.once('end', () => {
      pod.end();
      this.#closeLater();
    });
  }

  /** The pod answered like any other request: so does the gateway. */
  #refuse(head: ResponseHead): void {
    const { context, respond, onFailure } = this.#options;
    this.#fallback = new HttpExchange({
      method: this.method,
      response: respond(),
      context,
      isDraining: () => true,
      onFailure,
      onOver: () => this.#finish(),
    });
    if (this.#connection !== undefined) this.#fallback.begin(this.#connection);
    this.#fallback.onHead(head);
  }

  #waitForDrain(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#connection?.pause();
    this.#options.socket.once('drain', () => {
      this.#isWaiting = false;
      if (!this.#isOver) this.#connection?.resume();
    });
  }

  #closeLater(): void {
    this.#timers.push(setTimeout(() => this.close(), this.#options.halfClosedMs));
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.onOver(this);
  }
}
