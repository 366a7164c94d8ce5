import { createHash, type KeyObject } from 'node:crypto';

import { compactVerify, decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose';

import type { KeySet, SignedContent } from './key-set.ts';

/** No token of ours comes near this; longer ones are refused before any work is done for them. */
export const MAX_TOKEN_LENGTH = 8192;

export type SignatureRefusal = 'too_long' | 'malformed' | 'wrong_algorithm' | 'unknown_key' | 'bad_signature';

const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Checks who signed a compact JWS, and nothing else: its kind, its times and its audience are checked on every use. Good
 * signatures are remembered; refused ones never are, since strangers could fill the memory with them.
 */
export async function verifySignature(keySet: KeySet, token: string): Promise<SignedContent | SignatureRefusal> {
  if (token.length > MAX_TOKEN_LENGTH) return 'too_long';
  if (!COMPACT_JWS.test(token)) return 'malformed';
  const digest = createHash('sha256').update(token).digest('base64');
  const known = keySet.verified.get(digest);
  if (known !== undefined) return known;
  const content = await verifyAnew(keySet, token);
  if (typeof content !== 'string') keySet.verified.set(digest, content);
  return content;
}

async function verifyAnew({ algorithm, keys }: KeySet, token: string): Promise<SignedContent | SignatureRefusal> {
  const header = headerOf(token);
  if (header === undefined) return 'malformed';
  // The algorithm is ours to choose, not the sender's: `none` and HS256 with the public key as the secret end here.
  if (header.alg !== algorithm) return 'wrong_algorithm';
  // RFC 7515 4.1.11: an extension that is not understood makes the signature invalid. We have none.
  if (header.crit !== undefined || header.b64 !== undefined) return 'malformed';
  const key = header.kid === undefined ? undefined : keys.get(header.kid);
  if (key === undefined) return 'unknown_key';
  const payload = await payloadOf(token, key.publicKey, algorithm);
  if (payload === undefined) return 'bad_signature';
  const claims = claimsOf(payload);
  return claims === undefined ? 'malformed' : { typ: header.typ, claims };
}

async function payloadOf(token: string, key: KeyObject, algorithm: string): Promise<Uint8Array | undefined> {
  try {
    return (await compactVerify(token, key, { algorithms: [algorithm] })).payload;
  } catch {
    return undefined;
  }
}

function claimsOf(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function headerOf(token: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}
