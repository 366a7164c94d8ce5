import type { Directory } from './watched-tree.ts';

/** More names than this in one directory, and the whole directory is looked at. */
const MAX_NAMES = 2048;
/** Names, and whether the kernel spoke of the content. */
export type DirtyNames = ReadonlyMap<string, boolean> | 'all';

/** What has to be looked at again. */
export class DirtySet {
  #directories = new Map<Directory, Map<string, boolean> | 'all'>();

  get isEmpty(): boolean {
    return this.#directories.size === 0;
  }

  add(dir: Directory, name: string | undefined, isContent: boolean): void {
    const names = this.#directories.get(dir) ?? new Map<string, boolean>();
    if (names === 'all') return;
    if (name === undefined || names.size >= MAX_NAMES) {
      this.#directories.set(dir, 'all');
      return;
    }
    names.set(name, isContent || names.get(name) === true);
    this.#directories.set(dir, names);
  }

  /** Everything so far; what comes from now on is for the next time. */
  take(): ReadonlyMap<Directory, DirtyNames> {
    const taken = this.#directories;
    this.#directories = new Map();
    return taken;
  }
}
