import { ApiError } from '@sandfleet/contract';
import type { FastifyRequest } from 'fastify';

import type { Access } from '../access.ts';
import { isAny, type Credentials } from './credentials.ts';
import type { FailureLimiter } from './failure-limiter.ts';
import type { TokenVerifier } from './jwt.ts';
import type { PageSessions } from './page-sessions.ts';
import { digestKey } from './secret.ts';
import type { Target } from './target.ts';
import type { TicketBook, TicketUse } from './tickets.ts';

export interface AuthenticatorOptions {
  /** Undefined where no public key is configured. */
  readonly tokens: TokenVerifier | undefined;
  isKey(text: string): boolean;
  readonly tickets: TicketBook;
  readonly sessions: PageSessions;
  readonly failures: FailureLimiter;
}

export interface Question {
  readonly credentials: Credentials;
  readonly cookie: string | undefined;
  readonly address: string;
  readonly target: Target;
  readonly use: TicketUse;
}

const KEY: Access = { kind: 'key', mode: 'control' };
const CHALLENGE = { 'www-authenticate': 'Bearer' } as const;
/** Of keys there are two at most. */
const MAX_KNOWN_KEYS = 8;

/** Turns credentials into access. What that access is good for is asked elsewhere. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** Digests of keys that were found good: those who have one are let in also when others guess from their address. */
  readonly #knownKeys = new Set<string>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** @throws ApiError UNAUTHENTICATED, TOO_MANY_REQUESTS */
  async authenticate(question: Question): Promise<Access> {
    const { credentials, address } = question;
    const known = this.#known(credentials);
    if (known !== undefined) return known;
    const session = this.#session(question);
    if (!isAny(credentials)) {
      if (session !== undefined) return session;
      throw unauthenticated('A bearer token is needed.');
    }
    return this.#limited(address, async () => {
      const access = (await this.#explicit(credentials)) ?? this.#ticket(question);
      // The page reuses the ticket of its URL when it is loaded again; the cookie stands in for it then.
      const isTicketAlone = credentials.bearer === undefined && credentials.key === undefined;
      return access ?? (isTicketAlone ? session : undefined);
    });
  }

  /** For a proxy that asks about the request that it has: by what that one says, but for cookies. @throws ApiError */
  async check({ credentials, address }: Pick<Question, 'credentials' | 'address'>): Promise<Access> {
    const known = this.#known(credentials);
    if (known !== undefined) return known;
    const { ticket } = credentials;
    if (!isAny(credentials)) throw unauthenticated('A bearer token is needed.');
    return this.#limited(address, async () => {
      const access = await this.#explicit(credentials);
      if (access !== undefined || ticket === undefined) return access;
      const grant = this.#options.tickets.check(ticket);
      return grant === undefined ? undefined : { kind: 'ticket', ...grant };
    });
  }

  #known({ bearer, key }: Credentials): Access | undefined {
    const text = bearer ?? key;
    if (text === undefined) return undefined;
    if (this.#knownKeys.has(digestKey(text))) return KEY;
    return bearer === undefined ? undefined : this.#options.tokens?.known(bearer);
  }

  async #explicit({ bearer, key }: Credentials): Promise<Access | undefined> {
    const text = bearer ?? key;
    if (text === undefined) return undefined;
    if (text !== '' && this.#options.isKey(text)) {
      if (this.#knownKeys.size < MAX_KNOWN_KEYS) this.#knownKeys.add(digestKey(text));
      return KEY;
    }
    return bearer === undefined || bearer === '' ? undefined : this.#options.tokens?.verify(bearer);
  }

  #ticket({ credentials, use }: Question): Access | undefined {
    const { bearer, key, ticket } = credentials;
    if (ticket === undefined || bearer !== undefined || key !== undefined) return undefined;
    const grant = this.#options.tickets.look(ticket, use);
    return grant === undefined ? undefined : { kind: 'ticket', ...grant };
  }

  #session({ cookie, target }: Question): Access | undefined {
    const { surface, port } = target;
    const grant = this.#options.sessions.find(cookie, { surface, ...(typeof port === 'number' ? { port } : {}) });
    return grant === undefined ? undefined : { kind: 'cookie', ...grant };
  }

  /** Guessing is slowed down, and so is the work that checking costs. */
  async #limited(address: string, look: () => Promise<Access | undefined>): Promise<Access> {
    const { failures } = this.#options;
    const wait = failures.waitSeconds(address, performance.now());
    if (wait > 0) {
      const message = 'Too many credentials from this address were not valid.';
      throw new ApiError('TOO_MANY_REQUESTS', { message, retryAfterSeconds: wait });
    }
    const access = await look();
    if (access !== undefined) return access;
    failures.fail(address, performance.now());
    throw unauthenticated('The credential is not valid for this sandbox.');
  }
}

export function unauthenticated(message: string): ApiError {
  return new ApiError('UNAUTHENTICATED', { message, headers: CHALLENGE });
}

/** Behind a UNIX socket there is no address. */
export const addressOf = ({ raw }: FastifyRequest): string => raw.socket.remoteAddress ?? 'local';
