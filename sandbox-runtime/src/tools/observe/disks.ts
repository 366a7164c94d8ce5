import { statfs } from 'node:fs/promises';

import type { ObserveDisk } from '@sandfleet/contract/runtime';

import { dropMissing, round } from './cgroup.ts';

export interface FileSystemStats {
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

/** The file systems of some directories; one that is not there is left out. */
export async function readDisks(paths: readonly string[]): Promise<ObserveDisk[]> {
  const disks = await Promise.all(
    [...new Set(paths)].map((path) =>
      statfs(path).then(
        (stats) => toDisk(path, stats),
        () => undefined,
      ),
    ),
  );
  return disks.filter((disk) => disk !== undefined);
}

/** As df counts: what only root may still use is neither free nor counted in the share. */
export function toDisk(path: string, { bsize, blocks, bfree, bavail, files, ffree }: FileSystemStats): ObserveDisk {
  const used = blocks - bfree;
  const share = (part: number, whole: number) => (whole === 0 ? 0 : round((part / whole) * 100));
  const counted = files > 0;
  return dropMissing({
    path,
    used_bytes: used * bsize,
    total_bytes: blocks * bsize,
    free_bytes: bavail * bsize,
    usage_pct: share(used, used + bavail),
    inode_used: counted ? files - ffree : undefined,
    inode_total: counted ? files : undefined,
    inode_usage_pct: counted ? share(files - ffree, files) : undefined,
  });
}
