import { randomBytes } from 'node:crypto';
import { appendFile, lstat, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { makeFolders } from '../../make-folders.ts';
import { FileError } from './file-error.ts';

export interface WriteOptions {
  readonly encoding?: 'utf-8' | 'base64' | 'raw' | undefined;
  readonly append?: boolean | undefined;
  readonly leadingNewline?: boolean | undefined;
  readonly trailingNewline?: boolean | undefined;
}

/** Writes or appends, making the folders on the way, and tells how many bytes were written. */
export async function writeContent(path: string, content: string, options: WriteOptions = {}): Promise<number> {
  const bytes = encode(path, content, options);
  const target = await followLinks(path);
  await makeFolders(dirname(target));
  const existing = await statOrUndefined(target);
  if (existing?.isDirectory()) {
    throw new FileError('invalid_target', { path, operation: 'write', message: `Cannot write ${path}: it is a directory` });
  }
  if (options.append) await appendFile(target, bytes);
  else if (existing !== undefined && !existing.isFile()) await writeFile(target, bytes);
  else await replaceFile(target, bytes, existing?.mode);
  return bytes.length;
}

/** The name of a link stays a link: what it leads to is written, also when that does not exist yet. */
async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const link = await lstat(path).catch(() => undefined);
    if (link?.isSymbolicLink()) throw error;
    return path;
  }
}

async function statOrUndefined(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A reader sees the old content or the new, never half of it: written beside the target, then renamed over it. */
async function replaceFile(target: string, bytes: Buffer, mode: number | undefined): Promise<void> {
  const temporary = join(dirname(target), `.${basename(target).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
  let created = false;
  try {
    const file = await open(temporary, 'wx', mode === undefined ? 0o666 : 0o600);
    created = true;
    try {
      await file.writeFile(bytes);
      if (mode !== undefined) await file.chmod(mode & 0o7777);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    if (created) await rm(temporary, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    // A file that may be written in a folder that may not: in place is all there is.
    if (!created && mode !== undefined && (code === 'EACCES' || code === 'EROFS')) return writeFile(target, bytes);
    throw error;
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

function encode(path: string, content: string, { encoding = 'utf-8', leadingNewline, trailingNewline }: WriteOptions): Buffer {
  const fail = (why: string) =>
    new FileError('decode_error', { path, operation: 'write', message: `Cannot write ${path}: ${why}` });
  if (encoding === 'base64') {
    const text = content.replaceAll(/\s/g, '');
    if (!BASE64.test(text)) throw fail('the content is not base64');
    return Buffer.from(text, 'base64');
  }
  if (encoding === 'raw') {
    for (const character of content) if (character > '\u{ff}') throw fail('raw content holds characters that are no single byte');
    return Buffer.from(content, 'latin1');
  }
  return Buffer.from(`${leadingNewline ? '\n' : ''}${content}${trailingNewline ? '\n' : ''}`, 'utf8');
}
