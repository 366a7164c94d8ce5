import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

import type { FileWatcherInfo } from '@sandfleet/contract/runtime';

import { forEachBounded } from './bounded.ts';
import type { WatchBudget } from './budget.ts';
import { DirtySet, type DirtyNames } from './dirty-set.ts';
import { EventLog } from './event-log.ts';
import type { PathFilter } from './path-filter.ts';
import { PathWatch } from './path-watch.ts';
import { populate, reconcile, type Observation, type TreeChange } from './reconcile.ts';
import { takeSnapshot } from './snapshot.ts';
import { toChange, type Place } from './to-change.ts';
import { directoriesOf, WatchedTree, type Directory } from './watched-tree.ts';

export interface FileWatcherOptions {
  readonly place: Place;
  readonly recursive: boolean;
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  readonly filter: PathFilter;
  readonly debounceMs: number;
  readonly budget: WatchBudget;
  /** Called for each word of the kernel. */
  readonly onRaw: () => void;
}

/** Events that are made in one turn of the event loop. */
const EVENTS_PER_TURN = 1000;

/**
 *   kernel ──touched──> DirtySet ──after debounce──> look at it ──> reconcile ──> EventLog ──> readers
 *
 * What the kernel says is only taken as a hint where to look; what happened is what differs from what was there. So its
 * events may come late, twice or not at all, as long as one of them names the directory.
 */
export class FileWatcher {
  readonly id = randomUUID();
  readonly createdAt = new Date();
  readonly log = new EventLog();
  readonly options: FileWatcherOptions;
  #tree: WatchedTree;
  readonly #dirty = new DirtySet();
  #timer: NodeJS.Timeout | undefined;
  #isBusy = true;
  /** Watches for the root to come back. */
  #lost: PathWatch | undefined;
  #mayBeBack = false;
  #wasIncomplete = false;

  constructor(options: FileWatcherOptions) {
    this.options = options;
    this.#tree = this.#newTree();
  }

  get isIncomplete(): boolean {
    return this.#tree.isIncomplete;
  }

  /** Reads the tree; what is there already is no event. */
  async open(): Promise<void> {
    await populate(this.#tree, await this.#tree.open());
    this.#wasIncomplete = this.isIncomplete;
    this.#isBusy = false;
    this.#schedule();
  }

  info(): FileWatcherInfo {
    const { place, recursive, exclude, include, debounceMs } = this.options;
    return {
      watcher_id: this.id,
      path: place.path,
      recursive,
      exclude: [...exclude],
      include_patterns: [...include],
      debounce: debounceMs,
      status: this.status,
      cursor: this.log.lastSeq,
      directories: this.#tree.directories,
      incomplete: this.isIncomplete,
      created_at: this.createdAt.toISOString(),
    };
  }

  get status(): FileWatcherInfo['status'] {
    if (this.log.isClosed) return 'stopped';
    return this.#lost === undefined ? 'watching' : 'root_removed';
  }

  /** The kernel may have kept something to itself: everything is looked at. */
  rescan(): void {
    if (this.#lost !== undefined) return;
    for (const directory of directoriesOf(this.#tree.root)) this.#dirty.add(directory, undefined, false);
    this.#schedule();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#lost?.close();
    this.log.close();
    this.#tree.closeDirectory(this.#tree.root);
  }

  #newTree(): WatchedTree {
    const { place, recursive, filter, budget } = this.options;
    return new WatchedTree({
      root: place.directory,
      recursive: recursive && place.only === undefined,
      filter: place.only === undefined ? filter : { isExcluded: (path) => path !== place.only },
      budget,
      onTouched: (dir, name, isContent) => this.#touched(dir, name, isContent),
    });
  }

  #touched(dir: Directory, name: string | undefined, isContent: boolean): void {
    this.options.onRaw();
    if (this.log.isClosed || dir.isClosed) return;
    // A directory's own end comes under its own name, which need not be one that is watched.
    if (name !== undefined && dir.parent !== undefined && this.#tree.isExcluded(dir, name)) return;
    this.#dirty.add(dir, name, isContent);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isBusy || this.#timer !== undefined || this.log.isClosed) return;
    if (this.#dirty.isEmpty && !this.#mayBeBack) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#turn();
    }, this.options.debounceMs);
  }

  async #turn(): Promise<void> {
    this.#isBusy = true;
    this.#mayBeBack = false;
    try {
      if (this.#lost !== undefined) await this.#findAgain();
      else if (await this.#isRootThere()) await this.#look(this.#dirty.take());
      else await this.#lose();
    } catch {
      // The root went while it was looked at, or there was no room: whoever reads should look for themselves.
      this.log.lose();
    }
    if (this.isIncomplete && !this.#wasIncomplete) this.log.lose();
    this.#wasIncomplete = this.isIncomplete;
    this.#isBusy = false;
    this.#schedule();
  }

  async #isRootThere(): Promise<boolean> {
    return (await this.#tree.lookAtRoot())?.identity === this.#tree.rootSnapshot?.identity;
  }

  async #look(dirty: ReadonlyMap<Directory, DirtyNames>): Promise<void> {
    const wanted: { dir: Directory; name: string; wasTouched: boolean }[] = [];
    for (const [dir, names] of dirty) {
      if (dir.isClosed) continue;
      const all = names === 'all' ? new Set([...dir.entries.keys(), ...(await this.#tree.names(dir))]) : names.keys();
      for (const name of all)
        if (!this.#tree.isExcluded(dir, name))
          wanted.push({ dir, name, wasTouched: names !== 'all' && names.get(name) === true });
    }
    const seen: Observation[] = [];
    await forEachBounded(wanted, async ({ dir, name, wasTouched }) => {
      const now = await takeSnapshot(this.#tree.pathOf(dir, name));
      const before = dir.entries.get(name);
      if (before !== undefined || now !== undefined) seen.push({ dir, name, before, now, wasTouched });
    });
    await this.#tell(await reconcile(this.#tree, seen));
  }

  async #tell(changes: readonly TreeChange[]): Promise<void> {
    const now = new Date();
    for (const [index, change] of changes.entries()) {
      if (index % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) await setImmediate();
      if (this.log.isClosed) return;
      const event = toChange(change, this.options.place, this.options.filter);
      if (event !== undefined) this.log.append(event, now);
    }
  }

  /** The root is gone, or another directory is in its place: all that was in it is removed. */
  async #lose(): Promise<void> {
    const tree = this.#tree;
    const seen = [...tree.root.entries].map(([name, before]) => ({
      dir: tree.root,
      name,
      before,
      now: undefined,
      wasTouched: false,
    }));
    const removed = await reconcile(tree, seen);
    const root = tree.rootSnapshot;
    tree.closeDirectory(tree.root);
    this.#dirty.take();
    this.#tree = this.#newTree();
    const { place } = this.options;
    this.#lost = new PathWatch(place.directory, () => {
      this.#mayBeBack = true;
      this.#schedule();
    });
    await this.#tell(removed);
    if (root !== undefined && place.only === undefined) await this.#tell([{ type: 'remove', path: '', snapshot: root }]);
    if (this.log.isClosed) return this.#lost.close();
    await this.#lost.start();
    await this.#findAgain();
  }

  async #findAgain(): Promise<void> {
    if ((await this.#tree.lookAtRoot()) === undefined || this.log.isClosed) return;
    this.#dirty.take();
    // One that was being opened when the root went again may have a watch.
    this.#tree.closeDirectory(this.#tree.root);
    this.#tree = this.#newTree();
    const tree = this.#tree;
    const changes = await populate(tree, await tree.open());
    this.#lost?.close();
    this.#lost = undefined;
    if (this.log.isClosed) return tree.closeDirectory(tree.root);
    if (tree.rootSnapshot !== undefined && this.options.place.only === undefined)
      await this.#tell([{ type: 'create', path: '', snapshot: tree.rootSnapshot }]);
    await this.#tell(changes);
  }
}
