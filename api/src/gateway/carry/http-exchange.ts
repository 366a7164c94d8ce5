import type { ServerResponse } from 'node:http';

import { rewriteHeaders, type ResponseContext } from '../response/headers.ts';
import type { ResponseHead } from '../upstream/response-head.ts';
import type { Exchange, UpstreamConnection } from '../upstream/upstream-connection.ts';
import { UpstreamError } from '../upstream/upstream-error.ts';

export interface HttpExchangeOptions {
  readonly method: string;
  readonly response: ServerResponse;
  readonly context: ResponseContext;
  isDraining(): boolean;
  /** The pod failed before its answer began. */
  onFailure(error: UpstreamError): void;
  /** The exchange is over, well or not: nothing more is sent to the pod. */
  onOver(): void;
}

/** Carries a pod's answer to the client, no faster than the client takes it. */
export class HttpExchange implements Exchange {
  readonly method: string;
  readonly mayUpgrade = false;
  bytesOut = 0;
  readonly #options: HttpExchangeOptions;
  readonly #response: ServerResponse;
  #connection: UpstreamConnection | undefined;
  #head: ResponseHead | undefined;
  #isHeadSent = false;
  #isWhole = false;
  #isOver = false;
  /** Body bytes go straight to the client's socket. */
  #isDirect = false;
  #isWaiting = false;
  /**
   * What one read brought, as views of its buffer; written as one. A pod may cut its body into chunks of a byte each, and each
   * that waits for a slow client would hold a thousand times its size.
   */
  readonly #pieces: Buffer[] = [];

  constructor(options: HttpExchangeOptions) {
    this.#options = options;
    this.method = options.method;
    this.#response = options.response;
  }

  begin(connection: UpstreamConnection): void {
    this.#connection = connection;
  }

  /** The client went away: what the pod still does for it ends too. */
  abort(): void {
    if (!this.#isOver) this.#connection?.destroy(new UpstreamError('aborted'));
  }

  /** Nothing more of the answer is wanted, and of its failure neither. */
  cancel(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#connection?.destroy(new UpstreamError('aborted'));
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
  }

  onData(data: Buffer): void {
    this.bytesOut += data.length;
    const body = this.#head?.body;
    if (this.#isHeadSent || body?.kind !== 'length' || body.length !== data.length) return this.#take(data);
    // Head and body in one write; as text, because Node joins those before they go to the socket.
    this.#writeHead();
    this.#isWhole = true;
    this.#response.end(data.toString('latin1'), 'latin1');
    return undefined;
  }

  onBatch(): void {
    if (this.#head === undefined || this.#isOver) return;
    if (!this.#isHeadSent) this.#sendHead();
    if (this.#pieces.length > 0 && !this.#response.write(this.#joined())) this.#waitForDrain();
  }

  onEnd(): void {
    if (!this.#isHeadSent) this.#writeHead();
    if (this.#pieces.length > 0) this.#response.end(this.#joined());
    else if (!this.#isWhole) this.#response.end();
    this.#finish();
  }

  onError(error: UpstreamError): void {
    if (this.#isOver) return;
    this.#finish();
    if (this.#response.destroyed) return;
    // A client that has a part of an answer learns by the broken connection that it is a part.
    if (this.#isHeadSent) this.#response.destroy();
    else this.#options.onFailure(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#options.onOver();
  }

  #writeHead(): void {
    const { status = 502, headers = [] } = this.#head ?? {};
    const out = rewriteHeaders(headers, this.#options.context);
    if (this.#options.isDraining()) out.push('Connection', 'close');
    this.#isHeadSent = true;
    this.#response.writeHead(status, out);
  }

  #sendHead(): void {
    this.#writeHead();
    this.#response.flushHeaders();
    // Without a socket the answer waits behind another one on the same connection (pipelining).
    this.#isDirect = this.#head?.body.kind === 'length' && this.#response.socket !== null;
  }

  /** Through the response, bytes are held for a tick: their buffer could not be used again. Framed by a length they need no framing. */
  #take(data: Buffer): void {
    if (!this.#isHeadSent) this.#sendHead();
    const { socket } = this.#response;
    if (!this.#isDirect || socket === null) this.#pieces.push(data);
    else if (this.#connection?.writeTo(socket, data) === false) this.#waitForDrain();
  }

  #joined(): Buffer {
    return Buffer.concat(this.#pieces.splice(0));
  }

  #waitForDrain(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#connection?.pause();
    const { socket } = this.#response;
    const onDrain = () => {
      this.#isWaiting = false;
      // By then the connection may carry the next request.
      if (!this.#isOver) this.#connection?.resume();
    };
    if (socket === null) this.#response.once('drain', onDrain);
    else socket.once('drain', onDrain);
  }
}
