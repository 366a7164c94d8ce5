import type { FastifyReply } from 'fastify';

const KEEPALIVE_MS = 15_000;
/** A client that takes nothing for so long is cut off: the command whose output it holds up is worth more. */
const STALL_MS = 60_000;

/** Whether the caller asks for the answer as events. */
export const wantsEvents = (accept: string | undefined): boolean => /\btext\/event-stream\b/i.test(accept ?? '');

export interface EventStreamOptions {
  /** The client takes less than there is (true), or has caught up (false). */
  onPressure(isHigh: boolean): void;
}

/** An answer of server-sent events, each with JSON as its data. It ends with `end` or with the client. */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #options: EventStreamOptions;
  readonly #keepalive: NodeJS.Timeout;
  #stall: NodeJS.Timeout | undefined;

  constructor(reply: FastifyReply, options: EventStreamOptions) {
    this.#reply = reply;
    this.#options = options;
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // Proxies of the nginx family collect an answer before they pass it on, unless told not to.
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'x-request-id': reply.request.id,
    });
    raw.flushHeaders();
    raw.on('drain', () => this.#onDrain()).on('close', () => this.#stop());
    this.#keepalive = setInterval(() => {
      if (!raw.writableNeedDrain) raw.write(': keepalive\n\n');
    }, KEEPALIVE_MS);
  }

  send(event: string, data: unknown): void {
    const { raw } = this.#reply;
    if (raw.destroyed || raw.writableEnded) return;
    if (raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`) || this.#stall !== undefined) return;
    this.#stall = setTimeout(() => raw.destroy(), STALL_MS);
    this.#options.onPressure(true);
  }

  end(): void {
    clearInterval(this.#keepalive);
    this.#reply.raw.end();
  }

  #onDrain(): void {
    this.#relieve();
    this.#options.onPressure(false);
  }

  #relieve(): void {
    clearTimeout(this.#stall);
    this.#stall = undefined;
  }

  #stop(): void {
    clearInterval(this.#keepalive);
    this.#relieve();
    this.#options.onPressure(false);
  }
}
