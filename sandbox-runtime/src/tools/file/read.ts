import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { FileError } from './file-error.ts';

/** A larger text is of no use in one JSON answer; there is the download for it. */
export const MAX_READ_BYTES = 64 * 1024 * 1024;

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
  const bytes = await readBytes(path);
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

async function readBytes(path: string): Promise<Buffer> {
  // Without O_NONBLOCK, opening a named pipe that nobody writes to would never return.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw refuse('invalid_target', path, 'it is a directory');
    if (stats.isFIFO() || stats.isSocket() || stats.isCharacterDevice())
      throw refuse('invalid_target', path, 'it is not a regular file');
    if (stats.size > MAX_READ_BYTES) throw tooLarge(path);
    // Files of /proc and the like say that they are empty, so the content decides.
    const bytes = await file.readFile();
    if (bytes.length > MAX_READ_BYTES) throw tooLarge(path);
    return bytes;
  } finally {
    await file.close();
  }
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse('decode_error', path, 'it is not UTF-8 text; download it instead');
  }
}

const tooLarge = (path: string) =>
  refuse('too_large', path, `it is larger than ${MAX_READ_BYTES / 1024 / 1024} MiB; download it instead`);

function refuse(type: 'invalid_target' | 'decode_error' | 'too_large', path: string, why: string): FileError {
  return new FileError(type, { path, operation: 'read', message: `Cannot read ${path}: ${why}` });
}
