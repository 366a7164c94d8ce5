import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ObserveCgroup } from '@sandfleet/contract/runtime';

const ROOT = '/sys/fs/cgroup';

/** The files of one cgroup, as far as they are there. */
export interface CgroupFiles {
  readonly cpuStat: string;
  readonly cpuMax: string;
  readonly memoryCurrent: string;
  readonly memoryMax: string;
  readonly memoryStat: string;
  readonly memoryEvents: string;
}

/**
 * The directory of the sandbox's own cgroup (version 2), or none: an older kernel, or a machine whose root is the only one. In
 * a container with a namespace of its own it is the root of the tree; without one it is further down.
 */
export async function findCgroup(root = ROOT, membership = '/proc/self/cgroup'): Promise<string | undefined> {
  const text = await readFile(membership, 'utf8').catch(() => '');
  const [, path = '/'] = /^0::(\/.*)$/m.exec(text) ?? [];
  // A process outside of the namespace's root sees a way up, which leads nowhere here.
  const candidates = path === '/' || path.includes('..') ? [root] : [join(root, path), root];
  for (const candidate of candidates) {
    const current = await readFile(join(candidate, 'memory.current'), 'utf8').catch(() => '');
    if (current !== '') return candidate;
  }
  return undefined;
}

export async function readCgroup(directory: string): Promise<CgroupFiles> {
  const read = (name: string) => readFile(join(directory, name), 'utf8').catch(() => '');
  const [cpuStat, cpuMax, memoryCurrent, memoryMax, memoryStat, memoryEvents] = await Promise.all([
    read('cpu.stat'),
    read('cpu.max'),
    read('memory.current'),
    read('memory.max'),
    read('memory.stat'),
    read('memory.events'),
  ]);
  return { cpuStat, cpuMax, memoryCurrent, memoryMax, memoryStat, memoryEvents };
}

/** What a sandbox without a cgroup of version 2 tells. */
export const NO_CGROUP: ObserveCgroup = { cpu_usage_usec: 0, mem_current_bytes: 0 };

/** All but the share of CPU, which takes two looks. */
export function parseCgroup(files: CgroupFiles): ObserveCgroup {
  const cpu = parseFlat(files.cpuStat);
  const memory = parseFlat(files.memoryStat);
  const events = parseFlat(files.memoryEvents);
  const current = parseNumber(files.memoryCurrent) ?? 0;
  const max = parseNumber(files.memoryMax);
  const inactive = memory.get('inactive_file');
  return dropMissing({
    cpu_usage_usec: cpu.get('usage_usec') ?? 0,
    cpu_limit_cores: parseLimit(files.cpuMax),
    cpu_nr_periods: cpu.get('nr_periods'),
    cpu_nr_throttled: cpu.get('nr_throttled'),
    cpu_throttled_usec: cpu.get('throttled_usec'),
    mem_current_bytes: current,
    mem_max_bytes: max,
    mem_usage_pct: max === undefined || max === 0 ? undefined : round((current / max) * 100),
    memory_working_set_bytes: inactive === undefined ? undefined : Math.max(0, current - inactive),
    oom: events.get('oom'),
    oom_kill: events.get('oom_kill'),
    memory_anon_bytes: memory.get('anon'),
    memory_file_bytes: memory.get('file'),
    memory_shmem_bytes: memory.get('shmem'),
    memory_slab_bytes: memory.get('slab'),
  });
}

/** Lines of `name number`. */
function parseFlat(text: string): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(/^(\w+) (\d+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
}

/** A number, or `max` for no limit. */
function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** `quota period` in microseconds, or `max period`. */
function parseLimit(text: string): number | undefined {
  const [, quota, period] = /^(\d+) (\d+)$/.exec(text.trim()) ?? [];
  return quota === undefined || Number(period) === 0 ? undefined : round(Number(quota) / Number(period));
}

export const round = (value: number): number => Math.round(value * 100) / 100;

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Leaves out what is not known: published clients read a missing field as none. */
export function dropMissing<T extends object>(value: T): Defined<T> {
  // Exactly what is undefined has gone.
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
}
