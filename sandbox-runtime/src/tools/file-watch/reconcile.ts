import type { FileEventType } from '@sandfleet/contract/runtime';

import { changeBetween, type Snapshot } from './snapshot.ts';
import { newDirectory, relativePathOf, type Directory, type Entry, type Found, type WatchedTree } from './watched-tree.ts';

/** A name that was looked at: what was known of it, and what is there now. */
export interface Observation {
  readonly dir: Directory;
  readonly name: string;
  readonly before: Entry | undefined;
  readonly now: Snapshot | undefined;
  /** The kernel spoke of its content. */
  readonly wasTouched: boolean;
}

/** What happened, by paths from the root. */
export interface TreeChange {
  readonly type: FileEventType;
  readonly path: string;
  readonly oldPath?: string;
  readonly snapshot: Snapshot;
}

/** An entry that is not where it was. */
interface Gone {
  readonly dir: Directory;
  readonly name: string;
  readonly entry: Entry;
  readonly path: string;
  /** The directory that went and took it along. */
  readonly within: Gone | undefined;
  /** It was found again somewhere else. */
  isMoved: boolean;
}

interface Appeared extends Found {
  /** Another file was there, which is gone. */
  readonly isReplacement: boolean;
  readonly from: Gone | undefined;
  readonly directory: Directory | undefined;
}

/**
 * Brings what is known of a tree up to what was observed, and tells what happened. What vanished in one place and appeared in
 * another with the same identity was renamed; new directories are watched and read on the way.
 */
export async function reconcile(tree: WatchedTree, observations: readonly Observation[]): Promise<readonly TreeChange[]> {
  const changed: TreeChange[] = [];
  const gone = new Map<Entry, Gone>();
  const found: (Found & { readonly isReplacement: boolean })[] = [];
  for (const { dir, name, before, now, wasTouched } of observations) {
    if (before !== undefined && now !== undefined && before.snapshot.identity === now.identity) {
      const type = changeBetween(before.snapshot, now, wasTouched);
      before.snapshot = now;
      if (type !== undefined) changed.push({ type, path: relativePathOf(dir, name), snapshot: now });
      continue;
    }
    if (before !== undefined) collectGone({ dir, name, entry: before, within: undefined }, gone);
    const isReplacement = before !== undefined && !before.snapshot.isDirectory && now?.isDirectory === false;
    if (now !== undefined && tree.takeFile()) found.push({ dir, name, snapshot: now, isReplacement });
  }
  const appeared = await follow(tree, found, claimer(gone));
  return [...apply(tree, [...gone.values()], appeared), ...changed];
}

/** Reads a whole new tree: all that is in it appeared. */
export async function populate(tree: WatchedTree, found: readonly Found[]): Promise<readonly TreeChange[]> {
  const all = found.map((one) => ({ ...one, isReplacement: false }));
  return apply(tree, [], await follow(tree, all, () => undefined));
}

/** An entry and, of a directory, all that was below it; parents come first. */
function collectGone(top: Omit<Gone, 'path' | 'isMoved'>, gone: Map<Entry, Gone>): void {
  const open = [{ ...top, path: relativePathOf(top.dir, top.name) }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (gone.has(next.entry)) continue;
    const one: Gone = { ...next, isMoved: false };
    gone.set(next.entry, one);
    const { directory } = next.entry;
    if (directory === undefined) continue;
    for (const [name, entry] of directory.entries)
      open.push({ dir: directory, name, entry, within: one, path: `${one.path}/${name}` });
  }
}

/** What was carried along by a directory that moved is still where it was in it. */
function isCarried({ within }: Gone): boolean {
  for (let at = within; at !== undefined; at = at.within) if (at.isMoved) return true;
  return false;
}

function claimer(gone: ReadonlyMap<Entry, Gone>): (snapshot: Snapshot) => Gone | undefined {
  const byIdentity = new Map([...gone.values()].map((one) => [one.entry.snapshot.identity, one]));
  return ({ identity }) => {
    const one = byIdentity.get(identity);
    if (one === undefined || one.isMoved || isCarried(one)) return undefined;
    one.isMoved = true;
    return one;
  };
}

/** Finds where each came from, and what is in new directories; parents come first. */
async function follow(
  tree: WatchedTree,
  found: readonly (Found & { readonly isReplacement: boolean })[],
  claim: (snapshot: Snapshot) => Gone | undefined,
): Promise<readonly Appeared[]> {
  const appeared: Appeared[] = [];
  const open = [...found];
  for (let at = 0; at < open.length; at += 1) {
    // Within the array: the loop says so.
    const next = open[at] as (typeof open)[number];
    const from = claim(next.snapshot);
    const isNew = next.snapshot.isDirectory && tree.options.recursive && from?.entry.directory === undefined;
    const directory = isNew ? newDirectory(next.name, next.dir) : from?.entry.directory;
    appeared.push({ ...next, from, directory });
    if (!isNew || directory === undefined) continue;
    for (const child of await tree.watchAndRead(directory)) open.push({ ...child, isReplacement: false });
  }
  return appeared;
}

function apply(tree: WatchedTree, gone: readonly Gone[], appeared: readonly Appeared[]): readonly TreeChange[] {
  const left = gone.filter((one) => !isCarried(one));
  for (const { dir, name, entry, isMoved } of left) {
    // A watcher that was closed meanwhile has given everything back.
    if (dir.entries.get(name) === entry && dir.entries.delete(name)) tree.options.budget.returnFile();
    if (!isMoved && entry.directory !== undefined) tree.closeOne(entry.directory);
  }
  const known = appeared.filter((one) => place(tree, one));
  const renamed = known.filter(({ from }) => from !== undefined);
  const fresh = known.filter(({ from }) => from === undefined);
  const pathOf = ({ dir, name }: Found): string => relativePathOf(dir, name);
  // One that another took the place of is no removal: the other's event says that something else is there now.
  const taken = new Set(known.filter(({ isReplacement }) => isReplacement).map(pathOf));
  return [
    ...renamed.map((one) => ({
      type: 'rename' as const,
      path: pathOf(one),
      oldPath: one.from?.path ?? '',
      snapshot: one.snapshot,
    })),
    ...left
      .filter(({ isMoved, path }) => !isMoved && !taken.has(path))
      .toReversed()
      .map(({ path, entry }) => ({ type: 'remove' as const, path, snapshot: entry.snapshot })),
    ...fresh.map((one) => ({
      type: one.isReplacement ? ('write' as const) : ('create' as const),
      path: pathOf(one),
      snapshot: one.snapshot,
    })),
  ];
}

/** Puts what appeared into its directory, unless that has gone meanwhile. */
function place(tree: WatchedTree, { dir, name, snapshot, directory }: Appeared): boolean {
  if (dir.isClosed) {
    tree.options.budget.returnFile();
    if (directory !== undefined) tree.closeDirectory(directory);
    return false;
  }
  if (directory !== undefined) {
    directory.name = name;
    directory.parent = dir;
  }
  tree.add({ dir, name, snapshot }, directory);
  return true;
}
