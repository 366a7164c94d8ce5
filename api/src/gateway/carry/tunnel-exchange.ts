import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { rewriteHeaders, type ResponseContext } from '../response/headers.ts';
import type { ResponseHead } from '../upstream/response-head.ts';
import type { Exchange, UpstreamConnection } from '../upstream/upstream-connection.ts';
import { UpstreamError } from '../upstream/upstream-error.ts';
import type { GatewayTiming } from '../timing.ts';
import { FrameTracker } from './frame-tracker.ts';
import { HttpExchange } from './http-exchange.ts';
import { closeFrame, GOING_AWAY } from './lapsed.ts';

const SWITCHED = 101;

export interface TunnelOptions {
  readonly socket: Socket;
  /** Bytes that the client sent right after its request; once. */
  takeFirst(): Buffer;
  readonly context: ResponseContext;
  readonly timing: Pick<GatewayTiming, 'halfClosedMs' | 'lastFrameMs'>;
  /** An answer on the client's socket, for a pod that does not switch protocols. */
  respond(): ServerResponse;
  onOpen(): void;
  onFailure(error: UpstreamError): void;
  onOver(tunnel: TunnelExchange): void;
}

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
  readonly #frames = new FrameTracker();
  #timers: NodeJS.Timeout[] = [];
  /** What the client is told when the frame under way is whole. */
  #lastFrame: Buffer | undefined;
  #isOver = false;
  #isWaiting = false;
  #isTold = false;

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

  /** Ends both sides as soon as the client can be told why: between two frames, or not at all when none comes to its end. */
  end(code: number, reason: string): void {
    if (this.#lastFrame !== undefined) return;
    if (this.status !== SWITCHED) return this.close();
    this.#lastFrame = closeFrame(code, reason);
    if (this.#frames.isBetween) return this.#sayWhy();
    this.#timers.push(setTimeout(() => this.close(), this.#options.timing.lastFrameMs));
    return undefined;
  }

  onHead(head: ResponseHead): void {
    this.status = head.status;
    if (head.status === 101) this.#open(head);
    else this.#refuse(head);
  }

  onData(data: Buffer): void {
    if (this.#fallback !== undefined) return this.#fallback.onData(data);
    if (this.#isTold) return undefined;
    const end = this.#frames.push(data);
    const isLast = this.#lastFrame !== undefined && end !== undefined;
    const part = isLast ? data.subarray(0, end) : data;
    this.bytesOut += part.length;
    const hasRoom = this.#connection?.writeTo(this.#options.socket, part);
    if (isLast) return this.#sayWhy();
    if (hasRoom === false) this.#waitForDrain();
    return undefined;
  }

  onBatch(): void {
    this.#fallback?.onBatch();
  }

  onEnd(): void {
    if (this.#fallback !== undefined) return this.#fallback.onEnd();
    if (this.#isTold) return undefined;
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
    if (this.#isTold) return undefined;
    if (error.reason !== 'pod_gone' || !this.#frames.isBetween) return this.close();
    this.#lastFrame = closeFrame(GOING_AWAY, 'The sandbox or its pod is gone.');
    return this.#sayWhy();
  }

  #open(head: ResponseHead): void {
    const { socket, context, takeFirst } = this.#options;
    const pod = this.#connection?.socket;
    if (pod === undefined) return this.close();
    let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
    const headers = rewriteHeaders(head.headers, context);
    for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    socket.write(`${text}\r\n`, 'latin1');
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

  /** The last thing that the client hears. Nothing of what it says goes to the pod any more. */
  #sayWhy(): void {
    this.#isTold = true;
    this.#connection?.destroy(new UpstreamError('aborted'));
    const { socket } = this.#options;
    if (!this.#frames.isClosed) socket.write(this.#lastFrame ?? Buffer.alloc(0));
    socket.resume().end();
    this.#closeLater();
  }

  #closeLater(): void {
    this.#timers.push(setTimeout(() => this.close(), this.#options.timing.halfClosedMs));
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.onOver(this);
  }
}
