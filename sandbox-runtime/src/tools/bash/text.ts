import type { ByteLog } from './byte-log.ts';

export interface Text {
  readonly text: string;
  /** Number of the byte behind it. */
  readonly offset: number;
  /** Bytes between the one asked for and the first that is kept. */
  readonly lost: number;
}

/**
 * Reads a stream from a byte on as text. The first bytes of a letter stay for the next time, until there are no more to come;
 * where the beginning was dropped in the middle of a letter, the rest of it goes too.
 */
export function readText(log: ByteLog, from: number, isComplete: boolean): Text {
  const lost = Math.max(0, log.begin - from);
  const bytes = log.slice(Math.max(from, log.begin));
  const start = lost > 0 ? restOfLetter(bytes) : 0;
  const end = isComplete ? bytes.length : bytes.length - incompleteEnd(bytes);
  const text = bytes.toString('utf8', start, Math.max(start, end));
  return { text, offset: Math.min(log.end, Math.max(from, log.begin)) + Math.max(start, end), lost };
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** How many bytes at the beginning belong to a letter that began before; at most three do. */
function restOfLetter(bytes: Buffer): number {
  let count = 0;
  while (count < 3 && isContinuation(bytes[count])) count += 1;
  return count;
}

/** How many bytes at the end are the beginning of a letter that more bytes can still make whole. */
function incompleteEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    return lengthOfLetter(byte) > back ? back : 0;
  }
  return 0;
}

function lengthOfLetter(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 1;
}

/** Cuts the middle out of a text over `limit` characters; its beginning and its end stay. No limit is 0. */
export function cutMiddle(text: string, limit: number): string {
  if (limit === 0 || text.length <= limit) return text;
  const head = wholeFrom(text, Math.ceil(limit / 2), -1);
  const tail = wholeFrom(text, text.length - Math.floor(limit / 2), 1);
  return `${text.slice(0, head)}\n[... ${tail - head} characters omitted ...]\n${text.slice(tail)}`;
}

/** Not between the halves of a surrogate pair. */
function wholeFrom(text: string, index: number, step: 1 | -1): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff ? index + step : index;
}
