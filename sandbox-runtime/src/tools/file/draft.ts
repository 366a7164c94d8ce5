import { randomBytes } from 'node:crypto';
import { constants, createReadStream, createWriteStream, type Stats } from 'node:fs';
import { lstat, open, readlink, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { makeFolders } from '../../make-folders.ts';
import { FileError } from './file-error.ts';

/** As many as Linux itself follows. */
const MAX_LINKS = 40;

/** New content of a file: written beside it and then renamed over it, so that a reader sees the old or the new, never half of it. */
export interface Draft {
  readonly file: FileHandle;
  /** Makes it the content. Not synced to the disk: after a crash of the node the sandbox is another one anyway. */
  commit(): Promise<void>;
  /** Takes it away; after a commit it does nothing. */
  discard(): Promise<void>;
}

/**
 * Begins new content for what prepareTarget() found. Devices, and files in a folder that takes no new names, are written in place.
 *
 * @throws what the file system throws.
 */
export async function openDraft(place: Place): Promise<Draft> {
  const { target, existing } = place;
  if (existing !== undefined && !existing.isFile()) return openInPlace(target);
  try {
    return await openBeside(place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (existing !== undefined && (code === 'EACCES' || code === 'EROFS')) return openInPlace(target);
    throw error;
  }
}

/** Never touches what is there before the commit. */
export async function openBeside({ target, existing }: Place): Promise<Draft> {
  const temporary = join(dirname(target), `.${shortened(basename(target))}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx+', existing === undefined ? 0o666 : 0o600);
  return draft(file, { temporary, target, mode: existing?.mode });
}

/** A name holds 255 bytes, and a character up to four. */
const shortened = (name: string): string => (Buffer.byteLength(name) < 200 ? name : name.slice(0, 50));

function draft(
  file: FileHandle,
  { temporary, target, mode }: { temporary: string; target: string; mode: number | undefined },
): Draft {
  let isOver = false;
  return {
    file,
    commit: async () => {
      if (mode !== undefined) await file.chmod(mode & 0o7777);
      await file.close();
      await putInPlace(temporary, target);
      isOver = true;
    },
    discard: async () => {
      if (isOver) return;
      isOver = true;
      // The descriptor may be closed already, or say at its end what the write has said before.
      await file.close().catch(() => {});
      await rm(temporary, { force: true });
    },
  };
}

/** A file that is mounted from elsewhere gives its place to no other: it takes the content. */
async function putInPlace(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    await pipeline(createReadStream(temporary), createWriteStream(target));
    await rm(temporary);
  }
}

async function openInPlace(target: string): Promise<Draft> {
  // O_NONBLOCK: what has become a pipe meanwhile must not hold one of the few threads for files.
  const file = await open(target, constants.O_WRONLY | constants.O_TRUNC | constants.O_NONBLOCK);
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await file.close();
    isClosed = true;
  };
  return { file, commit: close, discard: () => close().catch(() => {}) };
}

/** Where content goes, and what is there: nothing, a file or a device. */
export interface Place {
  readonly target: string;
  readonly existing: Stats | undefined;
}

/**
 * Follows links and makes the folders on the way.
 *
 * @throws FileError (invalid_target) and what the file system throws.
 */
export async function prepareTarget(path: string, operation: string): Promise<Place> {
  const target = await followLinks(path);
  const existing = await statOrUndefined(target);
  if (existing === undefined) await makeFolders(dirname(target));
  const fail = (why: string) =>
    new FileError('invalid_target', { path, operation, message: `Cannot ${operation} ${path}: ${why}` });
  if (existing?.isDirectory()) throw fail('it is a directory');
  if (existing?.isFIFO() || existing?.isSocket()) throw fail('it is a pipe or a socket');
  return { target, existing };
}

/** The name of a link stays a link: what it leads to is written, also when that does not exist yet. */
async function followLinks(path: string, followed = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const link = await lstat(path).catch(() => undefined);
    if (!link?.isSymbolicLink()) return path;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || followed === MAX_LINKS) throw error;
    return followLinks(resolve(await realpath(dirname(path)), await readlink(path)), followed + 1);
  }
}

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
