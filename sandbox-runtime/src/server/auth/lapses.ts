import { Socket } from 'node:net';

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Access } from '../access.ts';
import { unauthenticated } from './authenticator.ts';

const LOOK_MS = 1000;

/**
 * Ends what is open when its credential ends: a socket, an event stream and a download may take hours. Behind a gateway that is
 * the gateway's to do, whose own tokens to the sandbox are short and say nothing of the client's.
 */
export class Lapses {
  readonly #open = new Map<object, { readonly socket: Socket; readonly endsAt: number }>();
  readonly #lookMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(lookMs = LOOK_MS) {
    this.#lookMs = lookMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws ApiError UNAUTHENTICATED when the access is over already, as that of a ticket whose token has ended since may be */
  hold({ raw: { socket } }: FastifyRequest, { raw: answer }: FastifyReply, { endsAt }: Access, isUpgrade: boolean): void {
    if (endsAt === undefined) return;
    if (endsAt <= Date.now()) throw unauthenticated('The credential has expired.');
    // A call inside the server has no connection of its own; it ends with the one that it is made for.
    if (!(socket instanceof Socket)) return;
    // A connection carries one request after the other, each with a credential of its own. As a WebSocket it carries this alone.
    const what = isUpgrade ? socket : answer;
    this.#open.set(what, { socket, endsAt });
    what.once('close', () => this.#forget(what));
    this.#timer ??= setInterval(() => this.#look(), this.#lookMs).unref();
  }

  #look(): void {
    const now = Date.now();
    for (const { socket, endsAt } of this.#open.values()) if (endsAt <= now) socket.destroy();
  }

  #forget(what: object): void {
    this.#open.delete(what);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
