import { createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

import { calculateJwkThumbprint, type JWK } from 'jose';
import { LRUCache } from 'lru-cache';

export type KeyAlgorithm = 'RS256' | 'EdDSA';

/** One key that signs or, when it has no private half any more, only verifies. */
export interface SigningKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly publicJwk: JWK;
  readonly privateKey?: KeyObject;
}

/** A signature that was found good: the header and the claims are as their signer wrote them. */
export interface SignedContent {
  readonly typ: unknown;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The keys of one purpose. All verify, the active one signs; a key is rotated out by making another active, then dropped. */
export interface KeySet {
  readonly algorithm: KeyAlgorithm;
  readonly active: SigningKey & { readonly privateKey: KeyObject };
  readonly keys: ReadonlyMap<string, SigningKey>;
  /** Good signatures by the SHA-256 of their token. It lives and dies with the keys, so a dropped key verifies nothing. */
  readonly verified: LRUCache<string, SignedContent>;
}

/** A key set that cannot be used; the message never holds key material. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError';
}

const RSA_BITS = 2048;
const VERIFIED_TOKENS = 5000;

/** Makes a key set of one new key, in the form that the Secret holds. */
export async function generateKeySet(algorithm: KeyAlgorithm): Promise<string> {
  const { privateKey } =
    algorithm === 'RS256'
      ? await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS })
      : await promisify(generateKeyPair)('ed25519');
  // Node types its JWK more loosely than jose; both follow RFC 7517.
  const jwk = privateKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return JSON.stringify({ active: kid, keys: [{ ...jwk, kid, alg: algorithm, use: 'sig' }] });
}

/**
 * Reads `{"active": kid, "keys": [JWK, …]}`.
 *
 * @throws KeySetError when it is not that, or holds a key of another kind than `algorithm`.
 */
export function parseKeySet(text: string, algorithm: KeyAlgorithm): KeySet {
  const { active: activeKid, keys: jwks } = parseShape(text);
  const keys = new Map<string, SigningKey>();
  for (const jwk of jwks) {
    const key = parseKey(jwk, algorithm);
    if (keys.has(key.kid)) throw new KeySetError(`two keys have the id ${key.kid}`);
    keys.set(key.kid, key);
  }
  const active = keys.get(activeKid);
  if (active?.privateKey === undefined)
    throw new KeySetError(`the active key ${activeKid} is not among the keys, or has no private half`);
  return {
    algorithm,
    active: { ...active, privateKey: active.privateKey },
    keys,
    verified: new LRUCache({ max: VERIFIED_TOKENS }),
  };
}

/** The public halves, for a JWKS document. */
export function toJwks({ keys }: KeySet): { readonly keys: readonly JWK[] } {
  return { keys: [...keys.values()].map(({ publicJwk }) => publicJwk) };
}

export function toPem({ publicKey }: SigningKey): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function parseShape(text: string): { active: string; keys: readonly Record<string, unknown>[] } {
  const value = parseJson(text);
  if (!isRecord(value) || typeof value['active'] !== 'string' || !Array.isArray(value['keys']) || !value['keys'].every(isRecord))
    throw new KeySetError('a key set must be {"active": kid, "keys": [JWK, …]}');
  return { active: value['active'], keys: value['keys'] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which is a private key.
    throw new KeySetError('a key set must be JSON');
  }
}

function parseKey(jwk: Record<string, unknown>, algorithm: KeyAlgorithm): SigningKey {
  const { kid, alg } = jwk;
  if (typeof kid !== 'string' || kid === '') throw new KeySetError('every key needs a kid');
  if (alg !== algorithm) throw new KeySetError(`key ${kid} must have alg ${algorithm}`);
  const isPrivate = 'd' in jwk;
  const privateKey = isPrivate ? importKey(kid, () => createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })) : undefined;
  const publicKey = privateKey
    ? createPublicKey(privateKey)
    : importKey(kid, () => createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }));
  requireKind(kid, publicKey, algorithm);
  const publicJwk = { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg: algorithm, use: 'sig' };
  return { kid, publicKey, publicJwk, ...(privateKey === undefined ? {} : { privateKey }) };
}

function importKey(kid: string, create: () => KeyObject): KeyObject {
  try {
    return create();
  } catch {
    throw new KeySetError(`key ${kid} is not a usable JWK`);
  }
}

function requireKind(kid: string, key: KeyObject, algorithm: KeyAlgorithm): void {
  if (algorithm === 'EdDSA') {
    if (key.asymmetricKeyType !== 'ed25519') throw new KeySetError(`key ${kid} must be an Ed25519 key`);
    return;
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < RSA_BITS)
    throw new KeySetError(`key ${kid} must be an RSA key of at least ${RSA_BITS} bits`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
