import { randomBytes } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const LENGTH = 10;

/** A name for a sandbox that was given none: 50 random bits, so that it can be neither guessed nor met twice. */
export function randomName(): string {
  // 256 is a multiple of 32: every letter is as likely as the next.
  const letters = [...randomBytes(LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return `sbx-${letters.join('')}`;
}
