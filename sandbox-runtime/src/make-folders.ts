import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { isDirectory } from './is-directory.ts';

/**
 * Makes a directory and those above it. Node's own recursive mkdir never comes back where the file system answers "not found"
 * to a name that it does not want, as /proc does, and holds one of the few threads for files for ever.
 */
export async function makeFolders(path: string): Promise<void> {
  const failure = await tryMake(path);
  if (failure === undefined) return;
  const parent = dirname(path);
  if (failure.code !== 'ENOENT' || parent === path) throw failure;
  // Another call may have made it since.
  if (!(await isDirectory(parent))) await makeFolders(parent);
  const again = await tryMake(path);
  if (again !== undefined) throw again;
}

/** Returns what went wrong; a directory that is there already is as good as a new one. */
async function tryMake(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    // What mkdir throws is a system error.
    const failure = error as NodeJS.ErrnoException;
    if (failure.code !== 'EEXIST') return failure;
    if (await isDirectory(path)) return undefined;
    return Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR' });
  }
}
