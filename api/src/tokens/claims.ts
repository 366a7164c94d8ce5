import { ApiError, type ErrorCode } from '@sandfleet/contract';

import type { KeySet } from './key-set.ts';
import { verifySignature, type SignatureRefusal } from './verify-signature.ts';

/** The `typ` header of each kind: no kind of token passes for another. */
export const TOKEN_TYPES = { sandbox: 'sandbox+jwt', ticket: 'ticket+jwt', session: 'session+jwt', pod: 'JWT' } as const;

export type TokenRefusal =
  | SignatureRefusal
  | 'wrong_type'
  | 'bad_claims'
  | 'wrong_issuer'
  | 'expired'
  | 'not_yet_valid'
  | 'lifetime_too_long'
  | 'wrong_audience';

/**
 * `reason` is for metrics and logs, `error` for the caller. The claims of a token that is good but for its audience are
 * there, so that a gateway can tell a sandbox that is gone from another one.
 */
export type Verified<C> =
  | { readonly ok: true; readonly claims: C }
  | { readonly ok: false; readonly reason: TokenRefusal; readonly error: ApiError; readonly claims?: C };

export interface Expectation<C extends CommonClaims> {
  readonly type: string;
  readonly issuer: string;
  /** UID of the sandbox that the token is used on; every audience is taken when left out. */
  readonly audience?: string | undefined;
  readonly maxLifetimeSeconds: number;
  readonly now: Date;
  /** Reads the claims of this kind; undefined when they are not as we write them. */
  read(common: CommonClaims, claims: Readonly<Record<string, unknown>>): C | undefined;
}

export interface CommonClaims {
  readonly sandboxUid: string;
  /** Who asked for the token: `apikey:<name>`. */
  readonly principal: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Clocks of two replicas may differ by this much. */
export const LEEWAY_SECONDS = 5;

/** Verifies a token of one kind: signature, type, issuer, times, lifetime and audience, on every use. */
export async function verifyToken<C extends CommonClaims>(
  keySet: KeySet,
  token: string,
  expected: Expectation<C>,
): Promise<Verified<C>> {
  const content = await verifySignature(keySet, token);
  if (typeof content === 'string') return refuse(content);
  if (content.typ !== expected.type) return refuse('wrong_type');
  const { iss, sub, aud, iat, nbf, exp } = content.claims;
  if (!isText(sub) || !isText(aud) || !isTime(iat) || !isTime(nbf) || !isTime(exp)) return refuse('bad_claims');
  if (iss !== expected.issuer) return refuse('wrong_issuer');
  if (exp - Math.min(iat, nbf) > expected.maxLifetimeSeconds) return refuse('lifetime_too_long');
  const now = expected.now.getTime() / 1000;
  if (exp <= now - LEEWAY_SECONDS) return refuse('expired');
  if (Math.max(iat, nbf) > now + LEEWAY_SECONDS) return refuse('not_yet_valid');
  const common = { sandboxUid: aud, principal: sub, issuedAt: new Date(iat * 1000), expiresAt: new Date(exp * 1000) };
  const claims = expected.read(common, content.claims);
  if (claims === undefined) return refuse('bad_claims');
  if (expected.audience !== undefined && expected.audience !== aud) return refuse('wrong_audience', claims);
  return { ok: true, claims };
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= MAX_TIME;
}

/** The year 9999: what comes later has no RFC 3339 form. */
const MAX_TIME = 253_402_300_799;

interface Wording {
  readonly code: ErrorCode;
  readonly message: string;
}

const INVALID: Wording = { code: 'UNAUTHENTICATED', message: 'The credential is not valid.' };
const WORDINGS: Partial<Record<TokenRefusal, Wording>> = {
  too_long: { code: 'UNAUTHENTICATED', message: 'The credential is longer than 8 KiB.' },
  wrong_type: { code: 'UNAUTHENTICATED', message: 'This kind of credential is not accepted here.' },
  unknown_key: {
    code: 'UNAUTHENTICATED',
    message: 'The key that signed the credential is not in use; ask for a new credential.',
  },
  expired: { code: 'UNAUTHENTICATED', message: 'The credential has expired; ask for a new one.' },
  not_yet_valid: { code: 'UNAUTHENTICATED', message: 'The credential is not valid yet.' },
  lifetime_too_long: {
    code: 'UNAUTHENTICATED',
    message: 'The credential is valid for longer than is allowed; ask for a new one.',
  },
  wrong_audience: { code: 'WRONG_SANDBOX', message: 'The credential belongs to another sandbox.' },
};

function refuse<C>(reason: TokenRefusal, claims?: C): Verified<C> {
  const { code, message } = WORDINGS[reason] ?? INVALID;
  const headers = code === 'UNAUTHENTICATED' ? { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } } : {};
  return { ok: false, reason, error: new ApiError(code, { message, ...headers }), ...(claims === undefined ? {} : { claims }) };
}
