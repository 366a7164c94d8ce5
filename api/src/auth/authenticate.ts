import type { IncomingHttpHeaders } from 'node:http';

import { ApiError } from '@sandfleet/contract';

import { isApiKey } from '../keys/api-key.ts';
import type { ApiKeyRecord } from '../keys/key-secret.ts';
import { allows, type GrantedVerb, type Verb } from '../keys/verbs.ts';
import { credentialOf } from './credential.ts';
import type { FailureLimiter } from './failure-limiter.ts';

/** Who is asking, as tokens and the audit log name it, and how far it reaches. */
export interface Principal {
  readonly name: string;
  readonly namespace: string;
  readonly verbs: readonly GrantedVerb[];
}

export type AuthReason =
  | 'ok'
  | 'not_ready'
  | 'missing'
  | 'unreadable'
  | 'malformed'
  | 'unknown'
  | 'expired'
  | 'verb'
  | 'namespace'
  | 'rate_limited';

export type AuthDecision =
  | { readonly allowed: true; readonly reason: 'ok'; readonly principal: Principal }
  | {
      readonly allowed: false;
      readonly reason: Exclude<AuthReason, 'ok'>;
      readonly error: ApiError;
      readonly principal?: Principal;
    };

export interface Authority {
  /** Whether the keys are loaded; until then no one gets in. */
  ready(): boolean;
  find(key: string): ApiKeyRecord | undefined;
  readonly failures: FailureLimiter;
  /** The one namespace whose sandboxes this control plane sees; all of them when undefined. */
  readonly watchedNamespace?: string | undefined;
}

export interface AuthRequest {
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
  readonly verb: Verb;
  readonly now: Date;
}

/** Decides whether a request may do what it asks for. */
export function authenticate(authority: Authority, request: AuthRequest): AuthDecision {
  if (!authority.ready())
    return deny('not_ready', new ApiError('NOT_READY', { message: 'The API keys are not loaded yet.', retryAfterSeconds: 2 }));
  const credential = credentialOf(request.headers);
  if (credential.kind === 'none')
    return refuse(authority, request, 'missing', 'An API key is needed: send it as "Authorization: Bearer" or in X-API-Key.');
  if (credential.kind === 'unreadable') return refuse(authority, request, 'unreadable', credential.message);
  if (!isApiKey(credential.text)) return refuse(authority, request, 'malformed', NOT_A_KEY);
  const record = authority.find(credential.text);
  if (record === undefined) return refuse(authority, request, 'unknown', NOT_A_KEY);
  if (record.expiresAt !== undefined && record.expiresAt <= request.now)
    return refuse(authority, request, 'expired', 'The API key has expired.');
  return authorize(authority, record, request.verb);
}

/** The same words for a key that never was and for one that was revoked. */
const NOT_A_KEY = 'The API key is not valid.';

function authorize({ watchedNamespace }: Authority, { name, namespace, verbs }: ApiKeyRecord, verb: Verb): AuthDecision {
  const principal = { name: `apikey:${name}`, namespace, verbs };
  if (!allows(verbs, verb))
    return deny('verb', new ApiError('FORBIDDEN', { message: `The API key does not carry ${verb}.` }), principal);
  if (watchedNamespace !== undefined && watchedNamespace !== namespace) {
    const message = `The API key is for the namespace ${namespace}, which this installation does not serve.`;
    return deny('namespace', new ApiError('FORBIDDEN', { message }), principal);
  }
  return { allowed: true, reason: 'ok', principal };
}

/**
 * A good key is let in whatever its address did before: many clients may share one, as behind a proxy. Only failures are
 * slowed down, which is all that guessing consists of.
 */
function refuse({ failures }: Authority, request: AuthRequest, reason: Exclude<AuthReason, 'ok'>, message: string): AuthDecision {
  const waitSeconds = failures.fail(request.address, request.now);
  if (waitSeconds > 0) {
    const tooMany = 'Too many refused credentials came from this address.';
    return deny('rate_limited', new ApiError('TOO_MANY_REQUESTS', { message: tooMany, retryAfterSeconds: waitSeconds }));
  }
  // RFC 6750 3.1: without a credential the challenge carries no error.
  const challenge = reason === 'missing' ? 'Bearer realm="sandfleet"' : 'Bearer realm="sandfleet", error="invalid_token"';
  return deny(reason, new ApiError('UNAUTHENTICATED', { message, headers: { 'www-authenticate': challenge } }));
}

function deny(reason: Exclude<AuthReason, 'ok'>, error: ApiError, principal?: Principal): AuthDecision {
  return { allowed: false, reason, error, ...(principal === undefined ? {} : { principal }) };
}
