import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';
import { ConfigError } from '@sandfleet/server-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { jwtVerify } from 'jose';

export interface AuthOptions {
  /** base64 of a PEM public key, as the environment has it; line breaks inside are fine. */
  readonly publicKey: string;
  readonly audience: string | undefined;
}

/** Longer tokens are refused unread. */
const MAX_TOKEN_LENGTH = 8192;
const MAX_REMEMBERED = 512;
const CLOCK_TOLERANCE_SECONDS = 5;

const UNAUTHENTICATED = { 'www-authenticate': 'Bearer' } as const;

/** Paths that need no token: the probe of whoever keeps this container alive. */
const isOpen = (request: FastifyRequest): boolean => request.method === 'GET' && request.url === '/v1/ping';

/** Guards every route, also those that do not exist: what is not named open is closed. */
export function requireToken(app: FastifyInstance, options: AuthOptions): void {
  const key = readPublicKey(options.publicKey);
  const verify = createVerifier(key, options.audience);
  app.addHook('onRequest', async (request) => {
    if (isOpen(request)) return;
    await verify(bearerOf(request));
  });
}

/** @throws ConfigError that names the variable, when it holds no public key. */
export function readPublicKey(text: string): KeyObject {
  const pem = Buffer.from(text.replaceAll(/\s/g, ''), 'base64').toString('utf8');
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new ConfigError('JWT_PUBLIC_KEY is not the base64 of a PEM public key', { cause: error });
  }
}

/** The algorithm follows from the key, never from the token. */
function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  throw new ConfigError(`JWT_PUBLIC_KEY holds a key of type ${key.asymmetricKeyType ?? 'unknown'}; it must be RSA or Ed25519`);
}

function createVerifier(key: KeyObject, audience: string | undefined): (token: string) => Promise<void> {
  const algorithms = [algorithmOf(key)];
  // Digest of a token that was found good → when it ends. A session of calls repeats one token, and a signature costs more than a digest.
  const good = new Map<string, number>();
  return async (token) => {
    const digest = createHash('sha256').update(token).digest('base64');
    const end = good.get(digest);
    if (end !== undefined && end > Date.now() / 1000) return;
    good.delete(digest);
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        ...(audience === undefined ? {} : { audience }),
      });
      if (good.size >= MAX_REMEMBERED) good.clear();
      good.set(digest, payload.exp ?? 0);
    } catch (error) {
      throw new ApiError('UNAUTHENTICATED', {
        message: 'The token is not valid for this sandbox.',
        cause: error,
        headers: UNAUTHENTICATED,
      });
    }
  };
}

function bearerOf(request: FastifyRequest): string {
  const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined || token.length > MAX_TOKEN_LENGTH) {
    throw new ApiError('UNAUTHENTICATED', { message: 'A bearer token is needed.', headers: UNAUTHENTICATED });
  }
  return token;
}
