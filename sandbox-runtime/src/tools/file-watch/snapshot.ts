import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';

/** What is remembered of a file to tell later what happened to it. */
export interface Snapshot {
  /** The same for the same file under another name, and for no other file. */
  readonly identity: string;
  readonly inode: number;
  readonly isDirectory: boolean;
  readonly mode: number;
  readonly owner: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** Taken so soon after a write that one more write might leave the same time. */
  readonly isFresh: boolean;
}

/** Coarse clocks of file systems stand still for up to this long. */
const CLOCK_TICK_MS = 50;

export function snapshotOf(stats: Stats, now = Date.now()): Snapshot {
  // A number of an inode is used again as soon as its file is gone, the time of birth is not. Some file systems keep none.
  const birth = stats.birthtimeMs > 0 ? stats.birthtimeMs : stats.isDirectory() ? '' : `${stats.mtimeMs}/${stats.size}`;
  return {
    identity: `${stats.dev}:${stats.ino}:${birth}`,
    inode: stats.ino,
    isDirectory: stats.isDirectory(),
    mode: stats.mode,
    owner: `${stats.uid}:${stats.gid}`,
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    isFresh: now - stats.mtimeMs < CLOCK_TICK_MS,
  };
}

/** Undefined for what is not there, or can't be looked at. */
export async function takeSnapshot(path: string): Promise<Snapshot | undefined> {
  return lstat(path).then(snapshotOf, () => undefined);
}

/**
 * What happened to a file that kept its name and identity. A directory's time changes with its entries, which are told about
 * themselves.
 */
export function changeBetween(before: Snapshot, now: Snapshot, wasTouched: boolean): 'write' | 'chmod' | undefined {
  const isWritten = before.mtimeMs !== now.mtimeMs || before.size !== now.size;
  if (isWritten && !now.isDirectory) return 'write';
  if (before.mode !== now.mode || before.owner !== now.owner) return 'chmod';
  return wasTouched && before.isFresh && !now.isDirectory ? 'write' : undefined;
}
