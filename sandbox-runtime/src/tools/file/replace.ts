import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';

import { FileError } from './file-error.ts';
import { MAX_READ_BYTES, notText, readBytes } from './read.ts';
import { replaceBytes } from './write.ts';

/** Occurrences between two looks at what else there is to do: a text of one character may have millions of them. */
const TURN = 20_000;

export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/**
 * Replaces a text everywhere in a file and tells how often; a file without it is not written.
 *
 * @throws FileError (decode_error, too_large, invalid_target) and what the file system throws.
 */
export async function replaceInFile(path: string, { from, to }: Replacement): Promise<number> {
  const bytes = await readBytes(path, 'replace');
  if (!isUtf8(bytes)) throw notText(path, 'replace');
  // Half a surrogate pair has no UTF-8 and so is in no file.
  if (!from.isWellFormed()) return 0;
  // UTF-8 of one character is never part of that of another, so bytes may be compared in place of characters.
  const [old, fresh] = [Buffer.from(from), Buffer.from(to)];
  const count = await countOf(bytes, old);
  if (count === 0) return 0;
  const length = bytes.length + count * (fresh.length - old.length);
  if (length > MAX_READ_BYTES) {
    const message = `Cannot replace in ${path}: the result would be larger than ${MAX_READ_BYTES / 1024 / 1024} MiB`;
    throw new FileError('too_large', { path, operation: 'replace', message });
  }
  await replaceBytes(path, await replaced(bytes, { old, fresh, length }), 'replace');
  return count;
}

async function countOf(bytes: Buffer, old: Buffer): Promise<number> {
  let count = 0;
  for (let at = bytes.indexOf(old); at !== -1; at = bytes.indexOf(old, at + old.length)) {
    count += 1;
    if (count % TURN === 0) await setImmediate();
  }
  return count;
}

async function replaced(bytes: Buffer, { old, fresh, length }: { old: Buffer; fresh: Buffer; length: number }): Promise<Buffer> {
  const result = Buffer.allocUnsafe(length);
  let [from, to, count] = [0, 0, 0];
  for (let at = bytes.indexOf(old); at !== -1; at = bytes.indexOf(old, from)) {
    to += bytes.copy(result, to, from, at);
    to += fresh.copy(result, to);
    from = at + old.length;
    count += 1;
    if (count % TURN === 0) await setImmediate();
  }
  bytes.copy(result, to, from);
  return result;
}
