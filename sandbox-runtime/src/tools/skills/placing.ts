import { lstat, mkdtemp, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { makeFolders } from '../../make-folders.ts';
import { FileError } from '../file/file-error.ts';
import { SKILL_FILE } from './find-skills.ts';

/** Directories that we work in lie beside what they are for, so that a rename brings them there, and begin like this. */
export const WORK_PREFIXES = ['.upload-', '.removed-'] as const;

export interface Move {
  readonly from: string;
  readonly to: string;
}

/**
 * Moves directories to where they belong: all of them, or none. A skill that is there gives way; anything else does not.
 *
 * @throws FileError (already_exists) and what the file system throws.
 */
export async function placeAll(moves: readonly Move[], aside: string): Promise<void> {
  const done: Move[] = [];
  try {
    for (const [index, { from, to }] of moves.entries()) {
      if (await exists(to)) {
        await mustBeSkill(to);
        const old = join(aside, `old-${index}`);
        await rename(to, old);
        done.push({ from: to, to: old });
      }
      await rename(from, to);
      done.push({ from, to });
    }
  } catch (error) {
    for (const { from, to } of done.toReversed()) await rename(to, from);
    throw error;
  }
}

/** Takes a directory away at once, so that another can have its name, and then removes it. */
export async function removeDirectory(directory: string): Promise<void> {
  const aside = await mkdtemp(join(dirname(directory), '.removed-'));
  try {
    await rename(directory, join(aside, 'skill'));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Runs with a work directory below `folder`, which is made when it is not there, and goes again when nothing came into it. */
export async function withWorkDirectory<T>(folder: string, run: (work: string) => Promise<T>): Promise<T> {
  const missing = await missingAbove(folder);
  await makeFolders(folder);
  try {
    const work = await mkdtemp(join(folder, '.upload-'));
    try {
      return await run(work);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } finally {
    // Not empty is the good case, and is what ends this.
    for (const path of missing)
      if (
        !(await rmdir(path).then(
          () => true,
          () => false,
        ))
      )
        break;
  }
}

/** The folders that making `path` makes, deepest first. */
async function missingAbove(path: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = path; !(await exists(at)) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  return missing;
}

async function mustBeSkill(path: string): Promise<void> {
  const isSkill = await stat(join(path, SKILL_FILE)).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (isSkill) return;
  throw new FileError('already_exists', {
    path,
    operation: 'register',
    message: `${path} is there and is no skill; it is left as it is. Choose another path or name.`,
  });
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
