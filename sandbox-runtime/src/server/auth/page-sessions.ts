import { randomBytes } from 'node:crypto';

import type { Access } from '../access.ts';
import type { TicketGrant } from './tickets.ts';
import { digestKey, newSecret } from './secret.ts';

export interface CookieForm {
  /** Path under which the sandbox is seen from outside, without a slash at its end. */
  readonly prefix: string;
  readonly isSecure: boolean;
}

interface Session {
  readonly grant: TicketGrant;
  /** Milliseconds, by the clock that never jumps. */
  readonly endsAt: number;
}

const MAX_SESSIONS = 1024;
/** A page of the sandbox can pile up cookies under our names; no more than this many are looked at. */
const MAX_VALUES = 4;
const EVERYTHING = 'all';

/** What a page goes on with after its ticket is spent: a cookie for one surface, or for all of them. Memory holds digests alone. */
export class PageSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #seconds: number;
  readonly #now: () => number;
  /** Cookies don't know ports: two sandboxes on one machine must not overwrite each other's. */
  readonly #name = `sandfleet-page-${randomBytes(6).toString('hex')}`;

  constructor(seconds: number, now: () => number = () => performance.now()) {
    this.#seconds = seconds;
    this.#now = now;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The `Set-Cookie` value of a new session. No Domain: it is for the host alone that the page came from. */
  open(grant: TicketGrant, { prefix, isSecure }: CookieForm): string {
    // The first is the oldest.
    if (this.#sessions.size >= MAX_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value ?? '');
    const value = newSecret();
    const left = grant.endsAt === undefined ? Infinity : Math.floor((grant.endsAt - Date.now()) / 1000);
    const seconds = Math.max(1, Math.min(this.#seconds, left));
    this.#sessions.set(digestKey(value), { grant, endsAt: this.#now() + seconds * 1000 });
    const parts = [`${this.#nameOf(grant)}=${value}`, `Path=${prefix}/`, `Max-Age=${seconds}`, 'HttpOnly', 'SameSite=Lax'];
    return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ');
  }

  /** The session of the cookie that is for this target, else of the one for everything. */
  find(header: string | undefined, target: Pick<Access, 'surface' | 'port'>): TicketGrant | undefined {
    if (header === undefined || !header.includes(this.#name)) return undefined;
    const names = [this.#nameOf(target), this.#nameOf({ surface: target.surface }), this.#nameOf({})];
    const pairs = header.split(';').map((pair) => pair.trim());
    for (const name of new Set(names)) {
      const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).slice(0, MAX_VALUES);
      for (const pair of values) {
        const grant = this.#live(pair.slice(name.length + 1));
        if (grant !== undefined) return grant;
      }
    }
    return undefined;
  }

  #live(value: string): TicketGrant | undefined {
    const key = digestKey(value);
    const session = this.#sessions.get(key);
    if (session === undefined || session.endsAt > this.#now()) return session?.grant;
    this.#sessions.delete(key);
    return undefined;
  }

  #nameOf({ surface = undefined, port }: { readonly surface?: Access['surface'] | undefined; readonly port?: number }): string {
    return [this.#name, surface ?? EVERYTHING, ...(port === undefined ? [] : [String(port)])].join('-');
  }
}
