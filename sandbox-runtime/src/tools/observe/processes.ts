import { opendir, readFile } from 'node:fs/promises';
import { uptime } from 'node:os';

import type { ObserveProcess } from '@sandfleet/contract/runtime';

import { processIds } from '../../process/process-ids.ts';
import { dropMissing, round } from './cgroup.ts';
import { parseStat, type ProcessTimes } from './process-stat.ts';

/** A sandbox that starts processes without end must not make looking at it as endless. */
const MAX_PROCESSES = 8192;
const MAX_FDS = 65_536;
/** Few at a time: the threads for files are shared with everything else. */
const CONCURRENCY = 16;
const TICKS_PER_SECOND = 100;
const MIB = 1024 * 1024;

/** The processes at one moment. */
export interface ProcessTable {
  /** Milliseconds of a clock that only goes forward. */
  readonly at: number;
  readonly processes: ReadonlyMap<number, ProcessTimes>;
}

export async function readProcessTable(): Promise<ProcessTable> {
  // Without descriptors left the table can't be read, which must not end an observation.
  const names = (await processIds().catch(() => [])).slice(0, MAX_PROCESSES);
  const at = performance.now();
  const found = await inTurns(names, async (name) => {
    const text = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
    return parseStat(text);
  });
  return { at, processes: new Map(found.filter((one) => one !== undefined).map((one) => [one.pid, one])) };
}

/** The largest processes, with their share of CPU since an earlier look. */
export async function topProcesses(now: ProcessTable, before: ProcessTable | undefined, rows: number): Promise<ObserveProcess[]> {
  const largest = [...now.processes.values()].toSorted((a, b) => b.rssPages - a.rssPages).slice(0, rows);
  const users = await readUsers();
  const told = await inTurns(largest, (one) => describe(one, users, shareOf(one, now, before)));
  // By what is told: pages that are shared count differently in the two files of the kernel.
  return told.filter((one) => one !== undefined).toSorted((a, b) => b.rss_bytes - a.rss_bytes);
}

async function describe(
  one: ProcessTimes,
  users: ReadonlyMap<string, string>,
  share: number | undefined,
): Promise<ObserveProcess | undefined> {
  const status = await readFile(`/proc/${one.pid}/status`, 'latin1').catch(() => '');
  // It ended since the table was read.
  if (status === '') return undefined;
  const [, uid = ''] = /^Uid:\s+(\d+)/m.exec(status) ?? [];
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  const bytes = Number(kilobytes) * 1024;
  return dropMissing({
    pid: one.pid,
    user: users.get(uid) ?? uid,
    comm: one.comm,
    rss_bytes: bytes,
    rss_mib: round(bytes / MIB),
    cpu_pct: share,
    threads: one.threads,
    fds: await countFds(one.pid),
    state: one.state,
    uptime_sec: round(Math.max(0, uptime() - one.startTicks / TICKS_PER_SECOND)),
    ppid: one.ppid,
  });
}

/** A number that was given to another process since is known by when that one began. */
function shareOf(one: ProcessTimes, now: ProcessTable, before: ProcessTable | undefined): number | undefined {
  const earlier = before?.processes.get(one.pid);
  if (before === undefined || earlier?.startTicks !== one.startTicks) return undefined;
  const seconds = (now.at - before.at) / 1000;
  return seconds <= 0 ? undefined : round((Math.max(0, one.cpuTicks - earlier.cpuTicks) / TICKS_PER_SECOND / seconds) * 100);
}

async function countFds(pid: number): Promise<number | undefined> {
  try {
    let count = 0;
    for await (const _ of await opendir(`/proc/${pid}/fd`, { bufferSize: 1024 })) if (++count >= MAX_FDS) break;
    return count;
  } catch {
    return undefined;
  }
}

async function readUsers(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return new Map([...text.matchAll(/^([^:\n]+):[^:\n]*:(\d+):/gm)].map(([, name = '', uid = '']) => [uid, name]));
}

async function inTurns<T, R>(items: readonly T[], each: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += CONCURRENCY)
    results.push(...(await Promise.all(items.slice(at, at + CONCURRENCY).map(each))));
  return results;
}
