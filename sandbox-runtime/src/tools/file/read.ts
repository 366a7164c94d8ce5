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
  const text = decode(await readBytes(path), path);
  const lines = text.split('\n');
  const lineCount = text.endsWith('\n') ? lines.length - 1 : text === '' ? 0 : lines.length;
  if (startLine === undefined && endLine === undefined) return { content: text, lineCount };
  return { content: lines.slice(startLine ?? 0, Math.min(endLine ?? lineCount, lineCount)).join('\n'), lineCount };
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
