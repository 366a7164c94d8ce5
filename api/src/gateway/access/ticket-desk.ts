import { ApiError } from '@sandfleet/contract';
import { SURFACES } from '@sandfleet/contract/control-plane';
import type { Logger } from '@sandfleet/server-kit';

import { framesOf } from '../../tokens/frames.ts';
import type { KeySets } from '../../tokens/key-sets.ts';
import { mintTicket, type Grant } from '../../tokens/ticket.ts';
import { LeakyBuckets } from './leaky-buckets.ts';
import type { Permit } from './permit.ts';
import { Refused } from './refused.ts';
import type { TicketWish } from './ticket-wish.ts';

export interface TicketDeskOptions {
  readonly keys: KeySets;
  readonly issuer: string;
  readonly ticketTtlSeconds: number;
  readonly log: Logger;
  now(): Date;
}

/** In the form that the runtime's clients know. */
export interface IssuedTicket {
  readonly ticket: string;
  readonly expires_in: number;
}

/** Each ticket that is redeemed leaves an object in Kubernetes for minutes: a token is no way to write those without end. */
const LIMITS = { burst: 100, perSecond: 2 };

/** Makes tickets for those who have a token: for what the token opens, and for no longer than it does. */
export class TicketDesk {
  readonly #options: TicketDeskOptions;
  readonly #made = new LeakyBuckets(LIMITS);

  constructor(options: TicketDeskOptions) {
    this.#options = options;
  }

  /** @throws ApiError SCOPE_MISSING, TOO_MANY_REQUESTS */
  async issue(permit: Permit, wish: TicketWish): Promise<IssuedTicket> {
    const { keys, issuer, ticketTtlSeconds, log, now } = this.#options;
    const { sandboxUid, principal, expiresAt } = permit;
    const grant = grantFor(permit, wish);
    const at = now();
    const wait = this.#made.waitSeconds(sandboxUid, at.getTime());
    if (wait > 0) {
      const message = 'Too many tickets of this sandbox were made in a short time.';
      throw new Refused('TOO_MANY_REQUESTS', 'too_many_tickets', { message, retryAfterSeconds: wait });
    }
    this.#made.add(sandboxUid, at.getTime());
    const left = Math.floor((expiresAt - at.getTime()) / 1000);
    const ttlSeconds = Math.max(1, Math.min(ticketTtlSeconds, left));
    const request = { ...grant, issuer, sandboxUid, principal, ttlSeconds, until: new Date(expiresAt), now: at };
    const { token } = await mintTicket(keys, request);
    const { surface, mode, port } = wish;
    log.info({ sandbox: permit.sandboxName, principal, surface: surface ?? 'all', mode, port }, 'ticket made');
    return { ticket: token, expires_in: ttlSeconds };
  }
}

/** @throws ApiError SCOPE_MISSING */
function grantFor({ surfaces }: Permit, { surface, mode, port }: TicketWish): Grant {
  const [first, ...others] = surface === undefined ? SURFACES.filter((one) => surfaces.has(one)) : [surface];
  if (first === undefined || !surfaces.has(first))
    throw new ApiError('SCOPE_MISSING', { message: `The token opens ${surface === undefined ? 'nothing' : `no ${surface}`}.` });
  return { surface: first, mode, port, frames: surface === undefined ? others : framesOf(surface, mode, surfaces) };
}
