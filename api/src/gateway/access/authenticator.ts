import type { ApiError } from '@sandfleet/contract';
import { SURFACES, type Surface } from '@sandfleet/contract/control-plane';
import { decodeProtectedHeader } from 'jose';
import { LRUCache } from 'lru-cache';

import type { TokenRefusal, Verified } from '../../tokens/claims.ts';
import type { KeySet } from '../../tokens/key-set.ts';
import type { KeySets } from '../../tokens/key-sets.ts';
import { verifySandboxToken, type SandboxTokenClaims } from '../../tokens/sandbox-token.ts';
import { mintSession, SESSION_SECONDS, verifySession, verifyTicket, type SessionClaims } from '../../tokens/ticket.ts';
import type { Permit } from './permit.ts';
import { Refused } from './refused.ts';

export interface AuthenticatorOptions {
  readonly keys: KeySets;
  readonly issuer: string;
  readonly maxLifetimeSeconds: number;
  now(): Date;
}

export interface TicketPermit {
  readonly permit: Permit;
  readonly claims: SessionClaims;
  /** Single use is held on this. */
  readonly jti: string;
}

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

  /**
   * The permit of the session cookie that is for `preferredUid`, else of the first that is valid: a browser may send several.
   *
   * @throws Refused
   */
  async session(values: readonly string[], preferredUid: string | undefined): Promise<Permit> {
    const { keys } = this.#options;
    const verified = await Promise.all(
      values.map(async (value) => ({ value, result: await verifySession(keys, value, this.#times()) })),
    );
    const valid = verified.filter(({ result }) => result.ok);
    const best = valid.find(({ result }) => result.claims?.sandboxUid === preferredUid) ?? valid[0] ?? verified[0];
    if (best === undefined) throw new TypeError('there is no session to verify');
    return grantPermit('session', accept(best.result).claims, keyIdOf(best.value));
  }

  /** Whether the key of a permit is still in use; while there are no keys at all, nobody can tell that it is not. */
  isCurrent({ keyId }: Permit): boolean {
    const { keys } = this.#options;
    return !keys.ready || keys.sandboxTokens.keys.has(keyId);
  }

  /** The cookie value that a redeemed ticket is exchanged for, and how long it lives. */
  async openSession({
    sandboxUid,
    principal,
    surface,
    mode,
    port,
  }: SessionClaims): Promise<{ value: string; maxAgeSeconds: number }> {
    const { keys, issuer, now } = this.#options;
    const { token } = await mintSession(keys, { issuer, sandboxUid, principal, surface, mode, port, now: now() });
    return { value: token, maxAgeSeconds: SESSION_SECONDS };
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
    surfaces: new Set([claims.surface]),
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
