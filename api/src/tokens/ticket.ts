import { randomBytes } from 'node:crypto';

import { isMode, isSurface, type Mode, type Surface } from '@sandfleet/contract/control-plane';

import { isText, TOKEN_TYPES, verifyToken, type CommonClaims, type Verified } from './claims.ts';
import type { KeySets } from './key-sets.ts';
import { mint, type MintedToken } from './mint.ts';
import type { VerifyOptions } from './sandbox-token.ts';

/** What a ticket opens, and the cookie that it is redeemed for. */
export interface Grant {
  readonly surface: Surface;
  readonly mode: Mode;
  /** The one port that a grant for `preview` opens; all of them when left out. */
  readonly port?: number | undefined;
}

export interface GrantRequest extends Grant {
  readonly issuer: string;
  readonly sandboxUid: string;
  readonly principal: string;
  readonly ttlSeconds: number;
  readonly now: Date;
}

export interface SessionClaims extends CommonClaims, Grant {}

export interface TicketClaims extends SessionClaims {
  /** Single use is held on this. */
  readonly jti: string;
}

export const TICKET_MAX_SECONDS = 60;
export const SESSION_SECONDS = 3600;
const JTI_BYTES = 16;

/** A ticket for a browser, which can send no header when it opens a page or a socket: short-lived, single use, for one surface. */
export function mintTicket(keys: KeySets, request: GrantRequest): Promise<MintedToken> {
  if (request.ttlSeconds > TICKET_MAX_SECONDS) throw new RangeError(`a ticket lives ${TICKET_MAX_SECONDS} s at most`);
  return mintGrant(keys, request, TOKEN_TYPES.ticket, { jti: randomBytes(JTI_BYTES).toString('base64url') });
}

/** The cookie value that a redeemed ticket is exchanged for. */
export function mintSession(keys: KeySets, request: Omit<GrantRequest, 'ttlSeconds'>): Promise<MintedToken> {
  return mintGrant(keys, { ...request, ttlSeconds: SESSION_SECONDS }, TOKEN_TYPES.session, {});
}

export function verifyTicket(keys: KeySets, ticket: string, options: VerifyOptions): Promise<Verified<TicketClaims>> {
  const expected = { ...options, type: TOKEN_TYPES.ticket, maxLifetimeSeconds: TICKET_MAX_SECONDS };
  return verifyToken(keys.sandboxTokens, ticket, { ...expected, read: readTicket });
}

export function verifySession(keys: KeySets, session: string, options: VerifyOptions): Promise<Verified<SessionClaims>> {
  const expected = { ...options, type: TOKEN_TYPES.session, maxLifetimeSeconds: SESSION_SECONDS };
  return verifyToken(keys.sandboxTokens, session, { ...expected, read: readGrant });
}

function mintGrant(keys: KeySets, request: GrantRequest, type: string, extra: Readonly<Record<string, string>>) {
  const { surface, mode, port, sandboxUid, ...rest } = request;
  const claims = { ...extra, surface, mode, ...(port === undefined ? {} : { port }) };
  return mint(keys.sandboxTokens, { ...rest, type, audience: sandboxUid, claims });
}

function readTicket(common: CommonClaims, claims: Readonly<Record<string, unknown>>): TicketClaims | undefined {
  const grant = readGrant(common, claims);
  const { jti } = claims;
  return grant === undefined || !isText(jti) ? undefined : { ...grant, jti };
}

function readGrant(common: CommonClaims, claims: Readonly<Record<string, unknown>>): SessionClaims | undefined {
  const { surface, mode, port } = claims;
  if (!isText(surface) || !isSurface(surface) || !isText(mode) || !isMode(mode)) return undefined;
  if (port === undefined) return { ...common, surface, mode };
  return isPort(port) ? { ...common, surface, mode, port } : undefined;
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535;
}
