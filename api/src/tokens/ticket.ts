import { randomBytes } from 'node:crypto';

import { isMode, isSurface, SURFACES, type Mode, type Surface } from '@sandfleet/contract/control-plane';

import { isText, isTime, TOKEN_TYPES, verifyToken, type CommonClaims, type Verified } from './claims.ts';
import type { KeySets } from './key-sets.ts';
import { mint, type MintedToken } from './mint.ts';
import type { VerifyOptions } from './sandbox-token.ts';

/** What a ticket opens, and the cookie that it is redeemed for. */
export interface Grant {
  readonly surface: Surface;
  readonly mode: Mode;
  /** The one port that a grant for `preview` opens; all of them when left out. */
  readonly port?: number | undefined;
  /** What its page shows in frames of its own, and that it opens for that beside the surface. */
  readonly frames?: readonly Surface[] | undefined;
}

export interface GrantRequest extends Grant {
  readonly issuer: string;
  readonly sandboxUid: string;
  readonly principal: string;
  readonly ttlSeconds: number;
  /** When that ends which it was made with, such as a token: what a ticket is redeemed for ends then too. */
  readonly until?: Date | undefined;
  readonly now: Date;
}

export interface SessionClaims extends CommonClaims, Grant {
  readonly until?: Date;
}

export interface TicketClaims extends SessionClaims {
  /** Single use is held on this. */
  readonly jti: string;
}

export const TICKET_MAX_SECONDS = 60;
/** A working day and its night. */
export const SESSION_MAX_SECONDS = 86_400;
const JTI_BYTES = 16;

/** A ticket for a browser, which can send no header when it opens a page or a socket: short-lived, single use, for one surface. */
export function mintTicket(keys: KeySets, request: GrantRequest): Promise<MintedToken> {
  if (request.ttlSeconds > TICKET_MAX_SECONDS) throw new RangeError(`a ticket lives ${TICKET_MAX_SECONDS} s at most`);
  return mintGrant(keys, request, TOKEN_TYPES.ticket, { jti: randomBytes(JTI_BYTES).toString('base64url') });
}

/** The cookie value that a redeemed ticket is exchanged for. */
export function mintSession(keys: KeySets, request: GrantRequest): Promise<MintedToken> {
  return mintGrant(keys, request, TOKEN_TYPES.session, {});
}

/** A ticket may be redeemed in the leeway after its end; what it is exchanged for then is over at once. */
export function sessionSeconds({ until, now, ttlSeconds }: Pick<GrantRequest, 'until' | 'now' | 'ttlSeconds'>): number {
  if (until === undefined) return ttlSeconds;
  return Math.max(1, Math.min(ttlSeconds, Math.floor((until.getTime() - now.getTime()) / 1000)));
}

export function verifyTicket(keys: KeySets, ticket: string, options: VerifyOptions): Promise<Verified<TicketClaims>> {
  const expected = { ...options, type: TOKEN_TYPES.ticket, maxLifetimeSeconds: TICKET_MAX_SECONDS };
  return verifyToken(keys.sandboxTokens, ticket, { ...expected, read: readTicket });
}

export function verifySession(
  keys: KeySets,
  session: string,
  options: VerifyOptions & { readonly maxLifetimeSeconds: number },
): Promise<Verified<SessionClaims>> {
  return verifyToken(keys.sandboxTokens, session, { ...options, type: TOKEN_TYPES.session, read: readGrant });
}

function mintGrant(keys: KeySets, request: GrantRequest, type: string, extra: Readonly<Record<string, string>>) {
  const { surface, mode, port, frames, until, sandboxUid, ...rest } = request;
  const claims = {
    ...extra,
    surface,
    mode,
    ...(port === undefined ? {} : { port }),
    ...(frames === undefined ? {} : { frames }),
    ...(until === undefined ? {} : { until: Math.floor(until.getTime() / 1000) }),
  };
  return mint(keys.sandboxTokens, { ...rest, type, audience: sandboxUid, claims });
}

function readTicket(common: CommonClaims, claims: Readonly<Record<string, unknown>>): TicketClaims | undefined {
  const grant = readGrant(common, claims);
  const { jti } = claims;
  return grant === undefined || !isText(jti) ? undefined : { ...grant, jti };
}

function readGrant(common: CommonClaims, claims: Readonly<Record<string, unknown>>): SessionClaims | undefined {
  const { surface, mode, port, frames, until } = claims;
  if (!isText(surface) || !isSurface(surface) || !isText(mode) || !isMode(mode)) return undefined;
  if (port !== undefined && !isPort(port)) return undefined;
  if (frames !== undefined && !areSurfaces(frames)) return undefined;
  if (until !== undefined && !isTime(until)) return undefined;
  return {
    ...common,
    surface,
    mode,
    ...(port === undefined ? {} : { port }),
    ...(frames === undefined ? {} : { frames }),
    ...(until === undefined ? {} : { until: new Date(until * 1000) }),
  };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535;
}

function areSurfaces(value: unknown): value is readonly Surface[] {
  return Array.isArray(value) && value.length <= SURFACES.length && value.every((item) => isText(item) && isSurface(item));
}
