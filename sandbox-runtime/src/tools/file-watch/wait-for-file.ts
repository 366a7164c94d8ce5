import { opendir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { FileEventType } from '@sandfleet/contract/runtime';

import type { Change } from './event-log.ts';
import { PathWatch } from './path-watch.ts';
import { changeBetween, takeSnapshot, type Snapshot } from './snapshot.ts';
import { describe } from './to-change.ts';

export interface WaitOptions {
  readonly types: ReadonlySet<FileEventType>;
  /** Ends the wait: the time is over, the caller hung up, or the server stops. */
  readonly signal: AbortSignal;
}

/** Names that are looked at for a file that was moved within its folder. */
const MAX_NAMES = 2000;

/** The first event of these kinds that happens to one path; undefined when the wait ends before. */
export async function waitForFile(path: string, { types, signal }: WaitOptions): Promise<Change | undefined> {
  let wake = (): void => {};
  let isTouched = false;
  let isWritten = false;
  const watch = new PathWatch(path, (isContent) => {
    isTouched = true;
    isWritten ||= isContent;
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    await watch.start();
    let before = await takeSnapshot(path);
    if (before !== undefined && types.has('create')) return eventOf('create', path, before);
    while (!signal.aborted) {
      if (!isTouched) await new Promise<void>((resolve) => (wake = resolve));
      const wasTouched = isWritten;
      isTouched = isWritten = false;
      if (signal.aborted) return undefined;
      const now = await takeSnapshot(path);
      const event = await happened({ path, before, now, wasTouched, types });
      if (event !== undefined) return event;
      before = now;
    }
    return undefined;
  } finally {
    signal.removeEventListener('abort', onAbort);
    watch.close();
  }
}

interface Step {
  readonly path: string;
  readonly before: Snapshot | undefined;
  readonly now: Snapshot | undefined;
  readonly wasTouched: boolean;
  readonly types: ReadonlySet<FileEventType>;
}

async function happened({ path, before, now, wasTouched, types }: Step): Promise<Change | undefined> {
  const ifAsked = (type: FileEventType, snapshot: Snapshot) => (types.has(type) ? eventOf(type, path, snapshot) : undefined);
  if (before === undefined) return now && ifAsked('create', now);
  if (now === undefined) {
    const target = types.has('rename') ? await findMoved(path, before) : undefined;
    return target === undefined ? ifAsked('remove', before) : eventOf('rename', target, before, path);
  }
  // Another file in the same place is new content to whoever reads it.
  if (before.identity !== now.identity) return ifAsked('write', now);
  const type = changeBetween(before, now, wasTouched);
  return type && ifAsked(type, now);
}

/** Where in its folder a file went. */
async function findMoved(path: string, { identity }: Snapshot): Promise<string | undefined> {
  let left = MAX_NAMES;
  try {
    for await (const { name } of await opendir(dirname(path))) {
      const other = join(dirname(path), name);
      if ((await takeSnapshot(other))?.identity === identity) return other;
      left -= 1;
      if (left === 0) return undefined;
    }
  } catch {
    // The folder went too.
  }
  return undefined;
}

function eventOf(type: FileEventType, path: string, snapshot: Snapshot, oldPath?: string): Change {
  const place = { path, directory: dirname(path), only: oldPath === undefined ? basename(path) : undefined };
  return describe(type, basename(path), snapshot, { place, oldPath: oldPath === undefined ? undefined : basename(oldPath) });
}
