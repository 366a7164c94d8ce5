import type { ApiError } from '@sandfleet/contract';
import { SURFACES, type Surface } from '@sandfleet/contract/control-plane';
import { decodeProtectedHeader } from 'jose';
import { LRUCache } from 'lru-cache';

import { LEEWAY_SECONDS, type TokenRefusal, type Verified } from '../../tokens/claims.ts';
import type { KeySet } from '../../tokens/key-set.ts';
import type { KeySets } from '../../tokens/key-sets.ts';
import { verifySandboxToken, type SandboxTokenClaims } from '../../tokens/sandbox-token.ts';
import { mintSession, sessionSeconds, verifySession, verifyTicket, type SessionClaims } from '../../tokens/ticket.ts';
import type { Permit } from './permit.ts';
import { Refused } from './refused.ts';

export interface AuthenticatorOptions {
  readonly keys: KeySets;
  readonly issuer: string;
  readonly maxLifetimeSeconds: number;
  /** How long what a ticket opened stays open. */
  readonly sessionTtlSeconds: number;
  now(): Date;
}

export interface TicketPermit {
  readonly permit: Permit;
  readonly claims: SessionClaims;
  /** Single use is held on this. */
  readonly jti: string;
}

export type Lapse = 'expired' | 'revoked';

const KNOWN_PERMITS = 5000;

/** Turns credentials into permits. Whose sandbox a permit is for is checked by those who know the sandboxes. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #known = new LRUCache<string, Permit>({ max: KNOWN_PERMITS });
  #knownUnder: KeySet | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** The permit of a sandbox token that was verified before with the keys that are in use now, and has not expired. */
  known(bearer: string): Permit | undefined {
    if (!this.#options.keys.ready || this.#knownUnder !== this.#options.keys.sandboxTokens) return undefined;
    const permit = this.#known.get(bearer);
    return permit !== undefined && permit.expiresAt > this.#options.now().getTime() ? permit : undefined;
  }

  /** @throws Refused */
  async bearer(token: string): Promise<Permit> {
    const { keys, maxLifetimeSeconds } = this.#options;
    const keySet = keys.sandboxTokens;
    const { claims } = accept(await verifySandboxToken(keys, token, { ...this.#times(), maxLifetimeSeconds }));
    const permit = tokenPermit(claims, keyIdOf(token));
    if (this.#knownUnder !== keySet) this.#known.clear();
    this.#knownUnder = keySet;
    this.#known.set(token, permit);
    return permit;
  }

  /** @throws Refused */
  async ticket(ticket: string): Promise<TicketPermit> {
    const { claims } = accept(await verifyTicket(this.#options.keys, ticket, this.#times()));
    return { permit: grantPermit('ticket', claims, keyIdOf(ticket)), claims, jti: claims.jti };
  }

  /** When what a ticket opens now is over. */
  sessionEnd({ until }: SessionClaims): number {
    const { sessionTtlSeconds, now } = this.#options;
    return now().getTime() + sessionSeconds({ until, now: now(), ttlSeconds: sessionTtlSeconds }) * 1000;
  }

  /**
   * The permit of a session cookie: of one that `opens` what is asked for, else of one for `uid`, else of any that is valid. A
   * browser sends one for each page of the sandbox that was opened with a ticket.
   *
   * @throws Refused
   */
  async session(values: readonly string[], uid: string | undefined, opens: (permit: Permit) => boolean): Promise<Permit> {
    const { keys, sessionTtlSeconds } = this.#options;
    const expected = { ...this.#times(), maxLifetimeSeconds: sessionTtlSeconds };
    const verified = await Promise.all(
      values.map(async (value) => ({ value, result: await verifySession(keys, value, expected) })),
    );
    const permits = verified.flatMap(({ value, result }) =>
      result.ok ? [grantPermit('session', result.claims, keyIdOf(value))] : [],
    );
    const own = permits.filter(({ sandboxUid }) => sandboxUid === uid);
    const best = own.find(opens) ?? own[0] ?? permits[0];
    if (best !== undefined) return best;
    const [first] = verified;
    if (first === undefined) throw new TypeError('there is no session to verify');
    return grantPermit('session', accept(first.result).claims, keyIdOf(first.value));
  }

  /**
   * Why a permit that was good does not hold any more; undefined while it does. While there are no keys at all, nobody can tell
   * that its key is not in use.
   */
  lapseOf({ keyId, expiresAt }: Permit): Lapse | undefined {
    const { keys, now } = this.#options;
    if (expiresAt + LEEWAY_SECONDS * 1000 <= now().getTime()) return 'expired';
    return !keys.ready || keys.sandboxTokens.keys.has(keyId) ? undefined : 'revoked';
  }

  /** The cookie value that a redeemed ticket is exchanged for, and how long it lives. */
  async openSession(claims: SessionClaims): Promise<{ value: string; maxAgeSeconds: number }> {
    const { sandboxUid, principal, surface, mode, port, frames, until } = claims;
    const { keys, issuer, sessionTtlSeconds, now } = this.#options;
    const ttlSeconds = sessionSeconds({ until, now: now(), ttlSeconds: sessionTtlSeconds });
    const request = { issuer, sandboxUid, principal, surface, mode, port, frames, until, ttlSeconds, now: now() };
    const { token } = await mintSession(keys, request);
    return { value: token, maxAgeSeconds: ttlSeconds };
  }

  #times(): { readonly issuer: string; readonly now: Date } {
    return { issuer: this.#options.issuer, now: this.#options.now() };
  }
}

/** Of a token that was verified: its header has a key id, or it would not have been. */
function keyIdOf(token: string): string {
  return decodeProtectedHeader(token).kid ?? '';
}

function accept<C>(verified: Verified<C>): { readonly claims: C } {
  if (verified.ok) return verified;
  throw invalid(verified.reason, verified.error);
}

function invalid(reason: TokenRefusal, error: ApiError): Refused {
  return new Refused(error.code, reason, { message: error.message, headers: error.headers });
}

function tokenPermit(claims: SandboxTokenClaims, keyId: string): Permit {
  return {
    kind: 'token',
    sandboxUid: claims.sandboxUid,
    sandboxName: claims.sandbox,
    principal: claims.principal,
    surfaces: surfaceSet(claims.scope),
    mode: 'control',
    port: undefined,
    keyId,
    issuedAt: claims.issuedAt.getTime(),
    expiresAt: claims.expiresAt.getTime(),
  };
}

function grantPermit(kind: 'ticket' | 'session', claims: SessionClaims, keyId: string): Permit {
  return {
    kind,
    sandboxUid: claims.sandboxUid,
    sandboxName: undefined,
    principal: claims.principal,
    surfaces: new Set([claims.surface, ...(claims.frames ?? [])]),
    mode: claims.mode,
    port: claims.port,
    keyId,
    issuedAt: claims.issuedAt.getTime(),
    expiresAt: claims.expiresAt.getTime(),
  };
}

const EVERY_SURFACE: ReadonlySet<Surface> = new Set(SURFACES);

function surfaceSet(scope: readonly Surface[]): ReadonlySet<Surface> {
  return scope.length === SURFACES.length ? EVERY_SURFACE : new Set(scope);
}
