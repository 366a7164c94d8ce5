import { createHash, randomBytes } from 'node:crypto';

/** `sfk_`, 256 random bits, and a checksum that tells a mistyped or invented key from a revoked one without a look-up. */
const API_KEY = /^(sfk_[\w-]{43})_([0-9a-f]{6})$/;
const RANDOM_BYTES = 32;
const CHECKSUM_LENGTH = 6;

export function generateApiKey(): string {
  const body = `sfk_${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  return `${body}_${checksum(body)}`;
}

/** Whether the text can be a key of ours at all. */
export function isApiKey(text: string): boolean {
  const [, body, sum] = API_KEY.exec(text) ?? [];
  return body !== undefined && sum === checksum(body);
}

/** What is stored of a key. A plain hash is enough: 256 random bits cannot be guessed, so there is nothing to slow down. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, CHECKSUM_LENGTH);
}
