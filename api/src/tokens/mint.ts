import { SignJWT } from 'jose';

import type { KeySet, SigningKey } from './key-set.ts';

export interface MintedToken {
  readonly token: string;
  readonly expiresAt: Date;
}

export interface MintOptions {
  readonly type: string;
  readonly issuer: string;
  readonly audience: string;
  readonly principal: string;
  readonly ttlSeconds: number;
  readonly now: Date;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The active key when left out. */
  readonly key?: SigningKey;
}

/** Signs the claims that every kind has, and those of one kind. Claims that are undefined are left out. */
export async function mint(keySet: KeySet, options: MintOptions): Promise<MintedToken> {
  const { kid, privateKey } = options.key ?? keySet.active;
  if (privateKey === undefined) throw new Error(`key ${kid} has no private half to sign with`);
  const issuedAt = Math.floor(options.now.getTime() / 1000);
  const expiresAt = issuedAt + options.ttlSeconds;
  const token = await new SignJWT({ ...options.claims })
    .setProtectedHeader({ alg: keySet.algorithm, kid, typ: options.type })
    .setIssuer(options.issuer)
    .setAudience(options.audience)
    .setSubject(options.principal)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(privateKey);
  return { token, expiresAt: new Date(expiresAt * 1000) };
}
