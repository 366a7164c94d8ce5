import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A secret of ours: 256 bits that stand in a URL, a header and a cookie as they are. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What memory holds in a secret's place. */
export const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** The same as a key of a map. Looking one up tells nothing by its time: whoever guesses can't choose the digest. */
export const digestKey = (secret: string): string => digestOf(secret).toString('base64');

/** Over digests, which are of one length: the time says nothing about where two secrets differ, nor about their lengths. */
export const isSameSecret = (secret: string, digest: Buffer): boolean => timingSafeEqual(digestOf(secret), digest);
