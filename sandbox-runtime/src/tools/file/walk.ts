import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** Entries of a tree that are looked at; a larger one is cut short. */
export const MAX_VISITED = 2_000_000;
/** Node has four threads for all its files, and others want some. */
const AT_ONCE = 3;
const ENTRIES_A_READ = 256;

export interface Folder<S> {
  readonly path: string;
  readonly state: S;
}

export interface WalkOptions<S> {
  /** Gives the state for what is below a folder, or nothing to stay out of it. */
  readonly visit: (entry: Dirent, path: string, state: S) => S | undefined;
  /** Waited for after some entries. */
  readonly settle: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Visits a tree in no order; links are not followed. Returns whether it saw all of it. */
export async function walk<S>(root: Folder<S>, options: WalkOptions<S>): Promise<boolean> {
  const waiting: Folder<S>[] = [];
  let visited = await readFolder(root, { ...options, isRoot: true, onFolder: (folder) => waiting.push(folder) });
  while (waiting.length > 0 && visited < MAX_VISITED) {
    const some = waiting.splice(-AT_ONCE);
    const counts = await Promise.all(
      some.map((folder) => readFolder(folder, { ...options, isRoot: false, onFolder: (child) => waiting.push(child) })),
    );
    visited += counts.reduce((sum, count) => sum + count, 0);
  }
  return visited < MAX_VISITED;
}

interface FolderOptions<S> extends WalkOptions<S> {
  readonly isRoot: boolean;
  readonly onFolder: (folder: Folder<S>) => void;
}

async function readFolder<S>(folder: Folder<S>, options: FolderOptions<S>): Promise<number> {
  let count = 0;
  try {
    for await (const entry of await opendir(folder.path, { bufferSize: ENTRIES_A_READ })) {
      const path = join(folder.path, entry.name);
      const state = options.visit(entry, path, folder.state);
      if (state !== undefined && entry.isDirectory()) options.onFolder({ path, state });
      count += 1;
      if (count === MAX_VISITED) break;
      if (count % ENTRIES_A_READ !== 0) continue;
      options.signal?.throwIfAborted();
      await options.settle();
    }
  } catch (error) {
    if (options.isRoot || !PASSED_OVER.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  options.signal?.throwIfAborted();
  await options.settle();
  return count;
}

/** Below the root: what can't be read, and what has changed or gone since its name was read. */
const PASSED_OVER = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EINVAL', 'ESRCH']);
