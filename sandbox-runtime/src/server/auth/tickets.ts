import { ApiError } from '@sandfleet/contract';

import type { Access } from '../access.ts';
import { digestKey, newSecret } from './secret.ts';

/** What a ticket opens. */
export type TicketGrant = Pick<Access, 'subject' | 'mode' | 'surface' | 'port' | 'endsAt'>;

/** A page and its socket come with the same ticket; each has one go. */
export type TicketUse = 'page' | 'socket';

interface Ticket {
  readonly grant: TicketGrant;
  /** Milliseconds, by the clock that never jumps. */
  readonly endsAt: number;
  readonly used: Set<TicketUse>;
  /** How often a proxy may still ask about it. */
  checksLeft: number;
}

/** A proxy asks before the page and before the socket. */
const CHECKS = 2;

/**
 * Tickets that are out. Memory holds their digests alone.
 *
 *     issued ─ page ─▶ page used ─ socket ─▶ spent        over after its life, whatever was used
 *        └─── socket ─▶ socket used ─ page ─▶ spent
 */
export class TicketBook {
  readonly #tickets = new Map<string, Ticket>();
  readonly #max: number;
  readonly #now: () => number;

  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max;
    this.#now = now;
  }

  get size(): number {
    return this.#tickets.size;
  }

  /** @throws ApiError TOO_MANY_REQUESTS when too many are out: dropping one would take it from somebody who just got it. */
  issue(grant: TicketGrant, seconds: number): string {
    this.#sweep();
    if (this.#tickets.size >= this.#max)
      throw new ApiError('TOO_MANY_REQUESTS', { message: 'Too many tickets are not used yet.', retryAfterSeconds: seconds });
    const ticket = newSecret();
    this.#tickets.set(digestKey(ticket), { grant, endsAt: this.#now() + seconds * 1000, used: new Set(), checksLeft: CHECKS });
    return ticket;
  }

  /** What an unused ticket would open; looking spends nothing. */
  look(ticket: string, use: TicketUse): TicketGrant | undefined {
    const found = this.#find(ticket);
    return found === undefined || found.used.has(use) ? undefined : found.grant;
  }

  /** False when somebody else was quicker. */
  spend(ticket: string, use: TicketUse): boolean {
    const found = this.#find(ticket);
    if (found === undefined || found.used.has(use)) return false;
    found.used.add(use);
    if (found.used.size === 2) this.#tickets.delete(digestKey(ticket));
    return true;
  }

  /** For a proxy that asks before it passes the request on, with which the ticket is then spent. */
  check(ticket: string): TicketGrant | undefined {
    const found = this.#find(ticket);
    if (found === undefined || found.checksLeft === 0) return undefined;
    found.checksLeft -= 1;
    return found.grant;
  }

  #find(ticket: string): Ticket | undefined {
    const key = digestKey(ticket);
    const found = this.#tickets.get(key);
    if (found === undefined || found.endsAt > this.#now()) return found;
    this.#tickets.delete(key);
    return undefined;
  }

  #sweep(): void {
    const now = this.#now();
    for (const [key, { endsAt }] of this.#tickets) if (endsAt <= now) this.#tickets.delete(key);
  }
}
