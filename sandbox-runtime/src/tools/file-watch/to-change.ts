import { basename, join } from 'node:path';

import { isoTime } from '../file/iso-time.ts';
import type { Change } from './event-log.ts';
import type { PathFilter } from './path-filter.ts';
import type { TreeChange } from './reconcile.ts';
import type { Snapshot } from './snapshot.ts';

/** What is watched: a directory, or one file by its directory. */
export interface Place {
  /** As it was asked for. */
  readonly path: string;
  readonly directory: string;
  /** Name of the file that alone is watched. */
  readonly only: string | undefined;
}

/** A change as its readers see it; undefined when they did not ask for such files. */
export function toChange(change: TreeChange, place: Place, filter: Pick<PathFilter, 'isIncluded'>): Change | undefined {
  const isShown = (path: string): boolean => path === '' || path === place.only || filter.isIncluded(path, basename(path));
  const { oldPath } = change;
  const isNow = isShown(change.path);
  if (oldPath === undefined) return isNow ? describe(change.type, change.path, change.snapshot, { place }) : undefined;
  // Of a file that is renamed into or out of what was asked for, readers see one end.
  const was = isShown(oldPath);
  if (isNow && was) return describe('rename', change.path, change.snapshot, { place, oldPath });
  if (isNow) return describe('create', change.path, change.snapshot, { place });
  return was ? describe('remove', oldPath, change.snapshot, { place }) : undefined;
}

export function describe(
  type: Change['type'],
  path: string,
  snapshot: Snapshot,
  { place, oldPath }: { place: Place; oldPath?: string | undefined },
): Change {
  const absolute = (relative: string): string => join(place.directory, relative);
  return {
    type,
    path: absolute(path),
    relative_path: path === '' || path === place.only ? '.' : path,
    old_path: oldPath === undefined ? null : absolute(oldPath),
    is_dir: snapshot.isDirectory,
    mtime: isoTime(snapshot.mtimeMs),
    size: snapshot.size,
    inode: snapshot.inode,
  };
}
