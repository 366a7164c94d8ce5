import type { FileWatcher } from './file-watcher.ts';

export const KEEPALIVE_MS = 15_000;
const EVENTS_AT_ONCE = 100;

export interface StreamOptions {
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal;
  readonly keepaliveMs?: number;
}

/** A watcher's events as server-sent events, until the watcher ends or the signal aborts. Made as fast as they are taken. */
export async function* eventStream(
  watcher: FileWatcher,
  { lastEventId, signal, keepaliveMs = KEEPALIVE_MS }: StreamOptions,
): AsyncGenerator<string> {
  let cursor = cursorOf(watcher.id, lastEventId);
  yield format('watch_started', { ...watcher.info(), cursor: Math.min(cursor, watcher.log.lastSeq) });
  while (!signal.aborted) {
    const { entries, isBehind, cursor: end } = watcher.log.read(cursor, EVENTS_AT_ONCE);
    const overflow = (seq: number): string => format('overflow', { watcher_id: watcher.id, cursor: seq }, `${watcher.id}:${seq}`);
    if (isBehind) yield overflow((entries[0]?.seq ?? end + 1) - 1);
    for (const entry of entries)
      yield 'lost' in entry ? overflow(entry.seq) : format('file_change', entry, `${watcher.id}:${entry.seq}`);
    cursor = end;
    if (entries.length > 0) continue;
    if (watcher.log.isClosed) return;
    await watcher.log.wait(cursor, { timeoutMs: keepaliveMs, signal });
    if (watcher.log.lastSeq === cursor && !watcher.log.isClosed) yield ': keepalive\n\n';
  }
}

/** Everything that is kept, for whoever has seen nothing of this watcher. */
function cursorOf(id: string, lastEventId: string | undefined): number {
  if (lastEventId === undefined || !lastEventId.startsWith(`${id}:`)) return 0;
  const seq = lastEventId.slice(id.length + 1);
  return /^\d{1,15}$/.test(seq) ? Number(seq) : 0;
}

const format = (event: string, data: unknown, id?: string): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
