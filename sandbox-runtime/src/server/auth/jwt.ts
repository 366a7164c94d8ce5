import { createPublicKey, type KeyObject } from 'node:crypto';

import { ConfigError } from '@sandfleet/server-kit';
import { jwtVerify, type JWTPayload } from 'jose';

import type { Access } from '../access.ts';
import { digestKey } from './secret.ts';

export interface TokenOptions {
  /** base64 of a PEM public key, as the environment has it; line breaks inside are fine. */
  readonly publicKey: string;
  readonly audience: string | undefined;
  /** Seconds from now that a token's end may be away. */
  readonly maxLifetimeSeconds: number;
}

export interface TokenVerifier {
  /** The access of a token that was found good before and is not over. */
  known(token: string): Access | undefined;
  /** Undefined for a token that is not good. */
  verify(token: string): Promise<Access | undefined>;
}

interface Known {
  readonly access: Access;
  /** Seconds since the epoch. */
  readonly end: number;
}

const MAX_REMEMBERED = 512;
const CLOCK_TOLERANCE_SECONDS = 5;
const MIN_RSA_BITS = 2048;
const MAX_SUBJECT_LENGTH = 256;

/** A session of calls repeats one token, and a signature costs more than a digest: what was found good is remembered. */
export function createTokenVerifier(options: TokenOptions): TokenVerifier {
  const key = readPublicKey(options.publicKey);
  const algorithms = [algorithmOf(key)];
  const { audience, maxLifetimeSeconds } = options;
  const good = new Map<string, Known>();
  return {
    known(token) {
      const found = good.get(digestKey(token));
      return found !== undefined && found.end > Date.now() / 1000 ? found.access : undefined;
    },
    async verify(token) {
      const payload = await verified(token, key, { algorithms, ...(audience === undefined ? {} : { audience }) });
      const { exp } = payload ?? {};
      if (payload === undefined || exp === undefined || exp > Date.now() / 1000 + maxLifetimeSeconds) return undefined;
      // For one sandbox by its UID: the short token of a gateway, which ends what it carries by the client's own credential.
      const ends = audience === undefined ? { endsAt: (exp + CLOCK_TOLERANCE_SECONDS) * 1000 } : {};
      const access = { ...accessOf(payload), ...ends };
      if (good.size >= MAX_REMEMBERED) good.clear();
      good.set(digestKey(token), { access, end: exp });
      return access;
    },
  };
}

async function verified(
  token: string,
  key: KeyObject,
  options: { readonly algorithms: string[]; readonly audience?: string },
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, {
      ...options,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return payload;
  } catch {
    // Why is nobody's business outside; the caller counts the failure.
    return undefined;
  }
}

/** The gateway says in its tokens who it speaks for, and whether they may only look. Tokens of the user's own say neither. */
function accessOf({ sub, mode }: JWTPayload): Access {
  const subject = typeof sub === 'string' && sub !== '' ? { subject: sub.slice(0, MAX_SUBJECT_LENGTH) } : {};
  return { kind: 'token', ...subject, mode: mode === 'view' ? 'view' : 'control' };
}

/** @throws ConfigError that names the variable, when it holds no public key. */
export function readPublicKey(text: string): KeyObject {
  const pem = Buffer.from(text.replaceAll(/\s/g, ''), 'base64').toString('utf8');
  // A private key would be taken too, and its public half used: that it lies in a sandbox should be noticed.
  if (/PRIVATE KEY/.test(pem)) throw new ConfigError('JWT_PUBLIC_KEY holds a private key; a sandbox needs the public one');
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new ConfigError('JWT_PUBLIC_KEY is not the base64 of a PEM public key', { cause: error });
  }
}

/** The algorithm follows from the key, never from the token. */
function algorithmOf(key: KeyObject): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) >= MIN_RSA_BITS) return 'RS256';
    throw new ConfigError(`JWT_PUBLIC_KEY holds an RSA key of less than ${MIN_RSA_BITS} bits`);
  }
  if (type === 'ed25519') return 'EdDSA';
  throw new ConfigError(`JWT_PUBLIC_KEY holds a key of type ${type ?? 'unknown'}; it must be RSA or Ed25519`);
}
