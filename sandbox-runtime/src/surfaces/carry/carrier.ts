import { ApiError } from '@sandfleet/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { asksForWebSocket } from '../../server/upgrade.ts';
import { carryRequest } from './carry-request.ts';
import { carrySocket } from './carry-socket.ts';
import type { Passage } from './passage.ts';
import { Upstream } from './upstream.ts';

export interface CarrierOptions {
  /** Requests and sockets at once. */
  readonly maxOpen: number;
  readonly connectMs: number;
  readonly headMs: number;
}

/** Carries requests and WebSockets to programs inside, and what they answer back, as they come and holding nothing. */
export class Carrier {
  readonly #options: CarrierOptions;
  readonly #upstream: Upstream;
  /** What ends each that is under way. */
  readonly #open = new Set<() => void>();
  #isClosed = false;

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.#upstream = new Upstream(options.connectMs);
  }

  /** Requests and sockets that are under way. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Resolves when the answer is over; a WebSocket's promise when it is closed.
   *
   * @throws CarryError while nothing was answered yet, ApiError for a request that is refused
   */
  async carry(request: FastifyRequest, reply: FastifyReply, passage: Passage): Promise<void> {
    if (this.#isClosed) throw new ApiError('NOT_READY', { message: 'The sandbox is stopping.', retryAfterSeconds: 5 });
    if (this.#open.size >= this.#options.maxOpen) {
      const message = `More than ${this.#options.maxOpen} requests and sockets to programs in the sandbox are open.`;
      throw new ApiError('TOO_MANY_REQUESTS', { message, retryAfterSeconds: 1 });
    }
    const controller = new AbortController();
    const end = () => controller.abort();
    this.#open.add(end);
    passage.ended?.addEventListener('abort', end, { once: true });
    try {
      const carry = asksForWebSocket(request) ? carrySocket : carryRequest;
      const { connectMs, headMs } = this.#options;
      await carry({
        request,
        reply,
        passage,
        upstream: this.#upstream,
        limits: { connectMs, headMs },
        signal: controller.signal,
      });
    } finally {
      this.#open.delete(end);
      passage.ended?.removeEventListener('abort', end);
    }
  }

  /** Breaks off what is under way; more calls than one do nothing. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#open) end();
    this.#upstream.close();
  }
}
