import { FileError } from './file-error.ts';
import { openRegular } from './open-regular.ts';

/** A larger text is of no use in one JSON answer; there is the download for it. */
export const MAX_READ_BYTES = 64 * 1024 * 1024;
const FIRST_READ_BYTES = 4096;
const NEXT_READ_BYTES = 1024 * 1024;

export interface ReadOptions {
  /** First line, from 0. */
  readonly startLine?: number | undefined;
  /** The line after the last. */
  readonly endLine?: number | undefined;
}

export interface ReadText {
  readonly content: string;
  readonly lineCount: number;
}

/** @throws FileError (decode_error, too_large, invalid_target) and what the file system throws. */
export async function readText(path: string, { startLine, endLine }: ReadOptions = {}): Promise<ReadText> {
  const bytes = await readBytes(path, 'read');
  const isWhole = startLine === undefined && endLine === undefined;
  const lineCount = countLines(bytes);
  if (isWhole) return { content: decode(bytes, path), lineCount };
  const from = offsetOfLine(bytes, startLine ?? 0);
  const to = Math.max(from, endLine === undefined ? bytes.length : offsetOfLine(bytes, endLine));
  const content = decode(bytes.subarray(from, to), path);
  return { content: content.endsWith('\n') ? content.slice(0, -1) : content, lineCount };
}

const NEWLINE = 10;

/** Lines are found in the bytes: a file of nothing but newlines would otherwise become millions of strings. */
function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return bytes.length > 0 && bytes.at(-1) !== NEWLINE ? count + 1 : count;
}

/** Where a line begins, or the end of the bytes when there are fewer lines. */
function offsetOfLine(bytes: Buffer, line: number): number {
  let offset = 0;
  for (let passed = 0; passed < line; passed += 1) {
    const newline = bytes.indexOf(NEWLINE, offset);
    if (newline === -1) return bytes.length;
    offset = newline + 1;
  }
  return offset;
}

/**
 * All bytes of a file, at most MAX_READ_BYTES of them.
 *
 * @throws FileError (too_large, invalid_target) and what the file system throws.
 */
export async function readBytes(path: string, operation: string): Promise<Buffer> {
  const { file, stats } = await openRegular(path, operation);
  try {
    if (stats.size > BigInt(MAX_READ_BYTES)) throw tooLarge(path, operation);
    const parts: Buffer[] = [];
    let length = 0;
    // Files of /proc say that they are empty and some never end, so what comes decides.
    for (let size = Number(stats.size) + 1; ; size = NEXT_READ_BYTES) {
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(Math.max(size, FIRST_READ_BYTES)) });
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > MAX_READ_BYTES) throw tooLarge(path, operation);
      parts.push(buffer.subarray(0, bytesRead));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
  } finally {
    await file.close();
  }
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notText(path, 'read');
  }
}

const tooLarge = (path: string, operation: string) =>
  refuse('too_large', { path, operation, why: `it is larger than ${MAX_READ_BYTES / 1024 / 1024} MiB; download it instead` });

export const notText = (path: string, operation: string) =>
  refuse('decode_error', { path, operation, why: 'it is not UTF-8 text; download it instead' });

function refuse(
  type: 'decode_error' | 'too_large',
  { path, operation, why }: { path: string; operation: string; why: string },
): FileError {
  return new FileError(type, { path, operation, message: `Cannot ${operation} ${path}: ${why}` });
}
