import { watch, type FSWatcher } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { ApiError } from '@sandfleet/contract';

import { forEachBounded } from './bounded.ts';
import type { WatchBudget } from './budget.ts';
import type { PathFilter } from './path-filter.ts';
import { snapshotOf, takeSnapshot, type Snapshot } from './snapshot.ts';
import { isOutOfWatches } from './watch-errors.ts';

/** A watched directory. It knows its parent and not its path: a directory that is moved takes all below it along. */
export interface Directory {
  name: string;
  parent: Directory | undefined;
  readonly entries: Map<string, Entry>;
  handle: FSWatcher | undefined;
  isClosed: boolean;
}

export interface Entry {
  snapshot: Snapshot;
  readonly directory: Directory | undefined;
}

/** Something in a directory that was not known there. */
export interface Found {
  readonly dir: Directory;
  readonly name: string;
  readonly snapshot: Snapshot;
}

export interface TreeOptions {
  /** The directory to watch. */
  readonly root: string;
  readonly recursive: boolean;
  readonly filter: Pick<PathFilter, 'isExcluded'>;
  readonly budget: WatchBudget;
  /** The kernel says that something happened; without a name, to the directory as a whole. */
  readonly onTouched: (dir: Directory, name: string | undefined, isContent: boolean) => void;
}

/** The directories of a tree with a watch on each, and what is remembered of what is in them. */
export class WatchedTree {
  readonly options: TreeOptions;
  readonly root = newDirectory('', undefined);
  rootSnapshot: Snapshot | undefined;
  directories = 0;
  /** Some of the tree is not watched, since there is too much of it. */
  isIncomplete = false;

  constructor(options: TreeOptions) {
    this.options = options;
  }

  /** @throws what the file system says of the root */
  async open(): Promise<readonly Found[]> {
    this.rootSnapshot = await this.lookAtRoot();
    if (this.rootSnapshot === undefined) throw Object.assign(new Error('not found'), { code: 'ENOENT' });
    return this.watchAndRead(this.root);
  }

  /** The root may be reached through links. Undefined when it is no directory any more. */
  async lookAtRoot(): Promise<Snapshot | undefined> {
    const stats = await stat(this.options.root).catch(() => undefined);
    return stats?.isDirectory() ? snapshotOf(stats) : undefined;
  }

  pathOf(dir: Directory, name?: string): string {
    return join(this.options.root, relativePathOf(dir, name));
  }

  isExcluded(dir: Directory, name: string): boolean {
    return this.options.filter.isExcluded(relativePathOf(dir, name), name);
  }

  /** Begins to watch a directory and then reads it, in this order, so that nothing made meanwhile is missed. */
  async watchAndRead(dir: Directory): Promise<readonly Found[]> {
    if (!this.#watch(dir)) return [];
    const found: Found[] = [];
    await forEachBounded(await this.names(dir), async (name) => {
      const snapshot = await takeSnapshot(this.pathOf(dir, name));
      if (snapshot !== undefined && this.takeFile()) found.push({ dir, name, snapshot });
    });
    return found;
  }

  /** Names in a directory, without those that are left out; none where it can't be read. */
  async names(dir: Directory): Promise<readonly string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of await opendir(this.pathOf(dir), { bufferSize: 256 }))
        if (!this.isExcluded(dir, name)) names.push(name);
    } catch (error) {
      if (dir.parent === undefined && names.length === 0) throw error;
    }
    return names;
  }

  takeFile(): boolean {
    if (this.options.budget.takeFile()) return true;
    this.isIncomplete = true;
    return false;
  }

  add({ dir, name, snapshot }: Found, directory: Directory | undefined): void {
    dir.entries.set(name, { snapshot, directory });
  }

  /** Ends the watches of a directory and of all below it, and forgets them. */
  closeDirectory(dir: Directory): void {
    const open = [dir];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const { directory } of next.entries.values()) {
        this.options.budget.returnFile();
        if (directory !== undefined) open.push(directory);
      }
      next.entries.clear();
      this.closeOne(next);
    }
  }

  closeOne(dir: Directory): void {
    dir.isClosed = true;
    if (dir.handle === undefined) return;
    dir.handle.close();
    dir.handle = undefined;
    this.directories -= 1;
    this.options.budget.returnDirectory();
  }

  #watch(dir: Directory): boolean {
    const isRoot = dir.parent === undefined;
    if (dir.isClosed) return false;
    if (!this.options.budget.takeDirectory()) {
      this.isIncomplete = true;
      if (isRoot) throw new ApiError('WATCHER_LIMIT', { message: 'No more directories can be watched.' });
      return false;
    }
    try {
      const handle = watch(this.pathOf(dir), { persistent: false }, (event, name) =>
        this.options.onTouched(dir, name ?? undefined, event === 'change'),
      );
      handle.on('error', () => this.options.onTouched(dir, undefined, false));
      dir.handle = handle;
      this.directories += 1;
      return true;
    } catch (error) {
      this.options.budget.returnDirectory();
      if (isRoot) throw error;
      // One that is gone or may not be read is told about by its parent; for all others there was no room.
      if (isOutOfWatches(error)) this.isIncomplete = true;
      return false;
    }
  }
}

export function newDirectory(name: string, parent: Directory | undefined): Directory {
  return { name, parent, entries: new Map(), handle: undefined, isClosed: false };
}

/** From the root, which itself is the empty path. */
export function relativePathOf(dir: Directory, name?: string): string {
  const names = name === undefined ? [] : [name];
  for (let at = dir; at.parent !== undefined; at = at.parent) names.push(at.name);
  return names.toReversed().join('/');
}

export function* directoriesOf(root: Directory): Generator<Directory> {
  const open = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    for (const { directory } of next.entries.values()) if (directory !== undefined) open.push(directory);
  }
}
