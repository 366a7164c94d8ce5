import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder that is named by the second that a program was started in. */
const BY_TIME = /^\d{8}T\d{6}$/;

/** Removes all but the newest folders of a place that gets one by each start. What has another name is not touched. */
export async function keepNewest(place: string, count: number): Promise<void> {
  const names = (await readdir(place).catch(() => [])).filter((name) => BY_TIME.test(name)).toSorted();
  const old = names.slice(0, Math.max(0, names.length - count));
  // A folder that can't be removed is no reason to start nothing.
  await Promise.all(old.map((name) => rm(join(place, name), { recursive: true, force: true }).catch(() => {})));
}
