import { describe, expect, it } from 'vitest';

import { EventLog, type Change } from './event-log.ts';

const change = (name: string): Change => ({
  type: 'create',
  path: `/${name}`,
  relative_path: name,
  old_path: null,
  is_dir: false,
  mtime: null,
  size: null,
  inode: null,
});
const now = new Date(0);
const never = new AbortController().signal;

function filled(count: number, limits = { entries: 3, characters: 1000 }): EventLog {
  const log = new EventLog(limits);
  for (let i = 1; i <= count; i += 1) log.append(change(`f${i}`), now);
  return log;
}

describe('EventLog', () => {
  const reads: readonly [string, number, number, object][] = [
    ['from the start', 2, 0, { seqs: [1, 2], isBehind: false, cursor: 2, hasMore: false }],
    ['behind the cursor', 3, 2, { seqs: [3], isBehind: false, cursor: 3, hasMore: false }],
    ['at the end', 3, 3, { seqs: [], isBehind: false, cursor: 3, hasMore: false }],
    ['from the future', 3, 99, { seqs: [], isBehind: false, cursor: 3, hasMore: false }],
    ['just within what is kept', 10, 7, { seqs: [8, 9], isBehind: false, cursor: 9, hasMore: true }],
    ['before what is kept', 10, 6, { seqs: [8, 9], isBehind: true, cursor: 9, hasMore: true }],
    ['of nothing', 0, 0, { seqs: [], isBehind: false, cursor: 0, hasMore: false }],
  ];
  it.for(reads)('reads %s', ([, count, cursor, expected]) => {
    const { entries, ...rest } = filled(count).read(cursor, 2);
    expect({ seqs: entries.map(({ seq }) => seq), ...rest }).toEqual(expected);
  });

  it('keeps no more characters than it may', () => {
    const log = filled(10, { entries: 100, characters: 13 });
    expect(log.read(0, 100).entries.map(({ seq }) => seq)).toEqual([9, 10]);
  });

  it('marks once where changes went unseen', () => {
    const log = filled(1);
    log.lose();
    log.lose();
    log.append(change('x'), now);
    expect(log.read(0, 10).entries.map((entry) => 'lost' in entry)).toEqual([false, true, false]);
  });

  it('wakes who waits for an event, for its end, and for the signal', async () => {
    const log = new EventLog();
    const controller = new AbortController();
    const wait = (cursor: number, signal = never) => log.wait(cursor, { timeoutMs: 3_600_000, signal });
    const first = wait(0);
    log.append(change('a'), now);
    await first;
    await wait(0);
    const aborted = wait(1, controller.signal);
    controller.abort();
    await aborted;
    await log.wait(1, { timeoutMs: 1, signal: never });
    const last = wait(1);
    log.close();
    await last;
    await wait(1);
    expect(log.isClosed).toBe(true);
  });
});
