import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { ApiError } from '@sandfleet/contract';

import { WatchBudget } from './budget.ts';
import { FileWatcher } from './file-watcher.ts';
import { pathFilter } from './path-filter.ts';
import type { Place } from './to-change.ts';
import { watchError } from './watch-errors.ts';

export interface FileWatchersOptions {
  readonly maxWatchers: number;
  readonly maxDirectories: number;
  readonly idleMs: number;
}

export interface CreateOptions {
  readonly recursive: boolean;
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  readonly debounceMs: number;
  readonly signal: AbortSignal;
}

interface Kept {
  readonly watcher: FileWatcher;
  readers: number;
  idle: NodeJS.Timeout | undefined;
}

/** Files that are remembered for each directory that may be watched. */
const FILES_PER_DIRECTORY = 10;
const MAX_READERS = 32;
/** Half of the queue that the kernel keeps by default: where so many events come at once, some may not have fit. */
const SUSPICIOUS_BURST = 8192;

/** The watchers of the sandbox, by id. */
export class FileWatchers {
  readonly #options: FileWatchersOptions;
  readonly #budget: WatchBudget;
  readonly #kept = new Map<string, Kept>();
  #opening = 0;
  #isClosed = false;
  #burst = 0;

  constructor(options: FileWatchersOptions) {
    this.#options = options;
    const { maxDirectories } = options;
    this.#budget = new WatchBudget({ directories: maxDirectories, files: maxDirectories * FILES_PER_DIRECTORY });
  }

  list(): readonly FileWatcher[] {
    return [...this.#kept.values()].map(({ watcher }) => watcher);
  }

  /** @throws ApiError WATCHER_LIMIT, PATH_NOT_FOUND, FORBIDDEN, BAD_REQUEST */
  async create(path: string, { recursive, exclude, include, debounceMs, signal }: CreateOptions): Promise<FileWatcher> {
    const filter = pathFilter(exclude, include);
    if (this.#isClosed || this.#kept.size + this.#opening >= this.#options.maxWatchers)
      throw new ApiError('WATCHER_LIMIT', { message: `There are ${this.#options.maxWatchers} watchers already; end one first.` });
    this.#opening += 1;
    try {
      const place = await placeOf(path);
      const { watcher, stop } = this.#newWatcher({ place, recursive, exclude, include, filter, debounceMs });
      try {
        signal.addEventListener('abort', stop);
        await watcher.open();
        if (watcher.isIncomplete) throw tooLarge(path);
        if (this.#isClosed || signal.aborted)
          throw new ApiError('NOT_READY', { message: 'The watcher was not wanted any more.' });
      } catch (error) {
        stop();
        throw watchError(error, path);
      } finally {
        signal.removeEventListener('abort', stop);
      }
      const kept: Kept = { watcher, readers: 0, idle: undefined };
      this.#kept.set(watcher.id, kept);
      this.#beginIdle(kept);
      return watcher;
    } finally {
      this.#opening -= 1;
    }
  }

  /** Lets somebody read, which keeps the watcher from ending. Call what comes back when the reading is over. */
  read(id: string): { readonly watcher: FileWatcher; readonly release: () => void } {
    const kept = this.#get(id);
    if (kept.readers >= MAX_READERS)
      throw new ApiError('WATCHER_LIMIT', {
        message: `${MAX_READERS} readers follow this watcher already.`,
        retryAfterSeconds: 5,
      });
    kept.readers += 1;
    clearTimeout(kept.idle);
    const release = (): void => {
      kept.readers -= 1;
      if (kept.readers === 0) this.#beginIdle(kept);
    };
    return { watcher: kept.watcher, release };
  }

  stop(id: string): void {
    const kept = this.#get(id);
    this.#kept.delete(id);
    clearTimeout(kept.idle);
    kept.watcher.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const id of this.#kept.keys()) this.stop(id);
  }

  #get(id: string): Kept {
    const kept = this.#kept.get(id);
    if (kept === undefined) throw new ApiError('WATCHER_NOT_FOUND', { message: 'Watcher not found' });
    return kept;
  }

  #newWatcher(options: Omit<ConstructorParameters<typeof FileWatcher>[0], 'budget' | 'onRaw'>) {
    const watcher = new FileWatcher({ ...options, budget: this.#budget, onRaw: () => this.#countBurst() });
    return { watcher, stop: () => watcher.close() };
  }

  #beginIdle(kept: Kept): void {
    if (kept.watcher.log.isClosed) return;
    kept.idle = setTimeout(() => this.stop(kept.watcher.id), this.#options.idleMs);
    kept.idle.unref();
  }

  /** Node says nothing when the kernel's queue overflows, but an overflow needs a full queue, which comes in one turn. */
  #countBurst(): void {
    this.#burst += 1;
    if (this.#burst > 1) return;
    setImmediate(() => {
      const isSuspicious = this.#burst >= SUSPICIOUS_BURST;
      this.#burst = 0;
      if (isSuspicious) for (const watcher of this.list()) watcher.rescan();
    });
  }
}

async function placeOf(path: string): Promise<Place> {
  const stats = await stat(path).catch((error: unknown) => {
    throw watchError(error, path);
  });
  if (stats.isDirectory()) return { path, directory: path, only: undefined };
  return { path, directory: dirname(path), only: basename(path) };
}

const tooLarge = (path: string): ApiError =>
  new ApiError('WATCHER_LIMIT', {
    message: `${path} has more directories or files than can be watched; exclude some, or watch a smaller tree.`,
  });
