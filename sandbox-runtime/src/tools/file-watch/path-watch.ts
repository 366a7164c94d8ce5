import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

import { isDirectory } from '../../is-directory.ts';

/** Tells when something may have happened to a path, which need not exist yet: watches the nearest folder that does. */
export class PathWatch {
  readonly #path: string;
  readonly #onTouched: (isContent: boolean) => void;
  #anchor = '';
  #handle: FSWatcher | undefined;
  #isClosed = false;
  #isMoving = false;
  #moveAgain = false;

  constructor(path: string, onTouched: (isContent: boolean) => void) {
    this.#path = path;
    this.#onTouched = onTouched;
  }

  /** @throws when not even the root of the file system can be watched, or the kernel has no watch left */
  async start(): Promise<void> {
    for (;;) {
      this.#watchNearest();
      const next = this.#next();
      // A folder that was made before the watch on its parent would never be told about.
      if (this.#isClosed || next === undefined || !(await isDirectory(next))) return;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#handle?.close();
  }

  /** The folder below the anchor on the way to the path; undefined when the anchor is the path's own. */
  #next(): string | undefined {
    if (this.#anchor === dirname(this.#path)) return undefined;
    return join(this.#anchor, relative(this.#anchor, this.#path).split(sep)[0] ?? '');
  }

  #watchNearest(): void {
    this.#handle?.close();
    this.#handle = undefined;
    if (this.#isClosed) return;
    for (let folder = dirname(this.#path); ; folder = dirname(folder)) {
      try {
        this.#handle = watch(folder, { persistent: false }, (event, name) =>
          this.#touched(name ?? undefined, event === 'change'),
        );
        this.#handle.on('error', () => this.#touched(undefined, false));
        this.#anchor = folder;
        return;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if ((code !== 'ENOENT' && code !== 'ENOTDIR') || folder === dirname(folder)) throw error;
      }
    }
  }

  #touched(name: string | undefined, isContent: boolean): void {
    if (this.#isClosed) return;
    const next = this.#next();
    const isOurs = name === undefined || name === basename(next ?? this.#path);
    // The kernel tells about the anchor itself under its own name: it may be gone.
    if (next !== undefined ? isOurs : name === undefined) void this.#move();
    if (name === basename(this.#anchor)) void this.#move();
    if (isOurs) this.#onTouched(isContent);
  }

  async #move(): Promise<void> {
    this.#moveAgain = this.#isMoving;
    if (this.#isMoving) return;
    this.#isMoving = true;
    try {
      do {
        this.#moveAgain = false;
        await this.start();
      } while (this.#moveAgain as boolean);
    } catch {
      // Without a watch nothing more is told; whoever waits has a time limit.
    } finally {
      this.#isMoving = false;
    }
    // What happened between two watches was told by neither.
    if (!this.#isClosed) this.#onTouched(false);
  }
}
