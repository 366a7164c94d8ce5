import { constants } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';

import { ApiError } from '@sandfleet/contract';

const MAX_TOTAL_CHARACTERS = 16 * 1024 * 1024;
const MAX_DEPTH = 32;
const MAX_NAME_BYTES = 255;

/**
 * Writes the files of a run below a directory. Names are relative and stay below it: also a link that lies there already is not
 * followed. What the user's other processes do at the same moment is not guarded against: they may write there anyway.
 *
 * @throws ApiError BAD_REQUEST
 */
export async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const { name, parts, text } of checkFiles(files)) {
    try {
      await writeBelow(root, parts, text);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      const { code = 'EIO' } = error as NodeJS.ErrnoException;
      throw new ApiError('BAD_REQUEST', { message: `files: ${JSON.stringify(name)} cannot be written (${code})`, cause: error });
    }
  }
}

/** All that can be said of them before there is a directory. @throws ApiError BAD_REQUEST */
export function checkFiles(files: Readonly<Record<string, string>>) {
  const entries = Object.entries(files).map(([name, text]) => ({ name, parts: partsOf(name), text }));
  if (entries.reduce((sum, { text }) => sum + text.length, 0) > MAX_TOTAL_CHARACTERS)
    throw new ApiError('BAD_REQUEST', { message: `files hold more than ${MAX_TOTAL_CHARACTERS} characters together` });
  return entries;
}

/** @throws ApiError BAD_REQUEST */
export function partsOf(name: string): readonly string[] {
  const refuse = (why: string) => new ApiError('BAD_REQUEST', { message: `files: ${JSON.stringify(name)} ${why}` });
  if (name === '' || name.startsWith('/')) throw refuse('is not a relative path');
  if (name.includes('\0')) throw refuse('holds a NUL character');
  const parts = name.replace(/^(\.\/)+/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) throw refuse('has an empty, . or .. part');
  if (parts.length > MAX_DEPTH) throw refuse(`is deeper than ${MAX_DEPTH} directories`);
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) throw refuse('has a name that is too long');
  return parts;
}

async function writeBelow(root: string, parts: readonly string[], text: string): Promise<void> {
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    folder = join(folder, part);
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(folder)).isDirectory())
      throw new ApiError('BAD_REQUEST', {
        message: `files: ${JSON.stringify(parts.join('/'))} leads through something that is no directory`,
      });
  }
  await writeRegular(join(folder, parts.at(-1) ?? ''), text);
}

/** Neither through a link nor into a pipe, where opening would wait for a reader. */
export async function writeRegular(path: string, text: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
  try {
    if (!(await handle.stat()).isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EINVAL' });
    await handle.truncate();
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}
