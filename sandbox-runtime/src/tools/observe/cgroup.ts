import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ObserveCgroup } from '@sandfleet/contract/runtime';

const ROOT = '/sys/fs/cgroup';
/** Version 1 says no limit as the largest number of pages that fits. */
const UNLIMITED_V1 = 2 ** 60;

/** Where the sandbox's own cgroup is: in one directory in version 2, in one for each controller in version 1. */
export type CgroupPlace =
  | { readonly version: 2; readonly directory: string }
  | { readonly version: 1; readonly memory: string; readonly cpu: string; readonly cpuacct: string };

/** Files by their names, as far as they are there; empty texts where they are not. */
export type CgroupFiles = Readonly<Record<string, string>>;

const FILES = ['cpu.stat', 'cpu.max', 'memory.current', 'memory.max', 'memory.stat', 'memory.events'] as const;
const FILES_V1 = {
  memory: ['memory.usage_in_bytes', 'memory.limit_in_bytes', 'memory.stat', 'memory.oom_control'],
  cpu: ['cpu.stat', 'cpu.cfs_quota_us', 'cpu.cfs_period_us'],
  cpuacct: ['cpuacct.usage'],
} as const;

/**
 * The sandbox's own cgroup, or none on a machine whose root is the only one. In a container with a namespace of its own it is the
 * root of the tree; without one it is further down.
 */
export async function findCgroup(root = ROOT, membership = '/proc/self/cgroup'): Promise<CgroupPlace | undefined> {
  const text = await readFile(membership, 'utf8').catch(() => '');
  const directory = await findDirectory(root, pathIn(text, ''), 'memory.current');
  if (directory !== undefined) return { version: 2, directory };
  const memory = await findDirectory(join(root, 'memory'), pathIn(text, 'memory'), 'memory.usage_in_bytes');
  if (memory === undefined) return undefined;
  const [cpu, cpuacct] = await Promise.all([
    findDirectory(join(root, 'cpu'), pathIn(text, 'cpu'), 'cpu.shares'),
    findDirectory(join(root, 'cpuacct'), pathIn(text, 'cpuacct'), 'cpuacct.usage'),
  ]);
  return { version: 1, memory, cpu: cpu ?? join(root, 'cpu'), cpuacct: cpuacct ?? join(root, 'cpuacct') };
}

/** Of a controller of version 1, or of version 2, which has none there: `4:cpu,cpuacct:/path`, `0::/path`. */
function pathIn(membership: string, controller: string): string {
  for (const line of membership.split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (line !== '' && controllers.split(',').includes(controller)) return path;
  }
  return '/';
}

async function findDirectory(root: string, path: string, file: string): Promise<string | undefined> {
  // A process outside of the namespace's root sees a way up, which leads nowhere here.
  const candidates = path === '/' || path.includes('..') ? [root] : [join(root, path), root];
  for (const candidate of candidates) {
    const text = await readFile(join(candidate, file), 'utf8').catch(() => '');
    if (text !== '') return candidate;
  }
  return undefined;
}

/** All but the share of CPU, which takes two looks. */
export async function readCgroup(place: CgroupPlace): Promise<ObserveCgroup> {
  if (place.version === 2) return parseCgroup(await readFiles(place.directory, FILES));
  const [memory, cpu, cpuacct] = await Promise.all([
    readFiles(place.memory, FILES_V1.memory),
    readFiles(place.cpu, FILES_V1.cpu),
    readFiles(place.cpuacct, FILES_V1.cpuacct),
  ]);
  return parseCgroupV1({ ...memory, ...cpu, ...cpuacct });
}

async function readFiles(directory: string, names: readonly string[]): Promise<CgroupFiles> {
  const read = async (name: string) => [name, await readFile(join(directory, name), 'utf8').catch(() => '')] as const;
  return Object.fromEntries(await Promise.all(names.map(read)));
}

/** What a sandbox without a cgroup of its own tells. */
export const NO_CGROUP: ObserveCgroup = { cpu_usage_usec: 0, mem_current_bytes: 0 };

function parseCgroup(files: CgroupFiles): ObserveCgroup {
  const cpu = parseFlat(files['cpu.stat'] ?? '');
  const memory = parseFlat(files['memory.stat'] ?? '');
  const events = parseFlat(files['memory.events'] ?? '');
  const current = parseNumber(files['memory.current'] ?? '') ?? 0;
  const max = parseNumber(files['memory.max'] ?? '');
  const inactive = memory.get('inactive_file');
  return dropMissing({
    cpu_usage_usec: cpu.get('usage_usec') ?? 0,
    cpu_limit_cores: parseLimit(files['cpu.max'] ?? ''),
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

/** The same in the words of version 1. Its numbers of the whole tree begin with `total_`. */
export function parseCgroupV1(files: CgroupFiles): ObserveCgroup {
  const cpu = parseFlat(files['cpu.stat'] ?? '');
  const memory = parseFlat(files['memory.stat'] ?? '');
  const current = parseNumber(files['memory.usage_in_bytes'] ?? '') ?? 0;
  const limit = parseNumber(files['memory.limit_in_bytes'] ?? '');
  const max = limit === undefined || limit >= UNLIMITED_V1 ? undefined : limit;
  const inactive = memory.get('total_inactive_file');
  const throttled = cpu.get('throttled_time');
  const [quota, period] = [files['cpu.cfs_quota_us'] ?? '', files['cpu.cfs_period_us'] ?? ''];
  return dropMissing({
    cpu_usage_usec: Math.floor((parseNumber(files['cpuacct.usage'] ?? '') ?? 0) / 1000),
    // Without a limit the quota is -1.
    cpu_limit_cores: parseLimit(`${quota.trim()} ${period.trim()}`),
    cpu_nr_periods: cpu.get('nr_periods'),
    cpu_nr_throttled: cpu.get('nr_throttled'),
    cpu_throttled_usec: throttled === undefined ? undefined : Math.floor(throttled / 1000),
    mem_current_bytes: current,
    mem_max_bytes: max,
    mem_usage_pct: max === undefined || max === 0 ? undefined : round((current / max) * 100),
    memory_working_set_bytes: inactive === undefined ? undefined : Math.max(0, current - inactive),
    oom_kill: parseFlat(files['memory.oom_control'] ?? '').get('oom_kill'),
    memory_anon_bytes: memory.get('total_rss'),
    memory_file_bytes: memory.get('total_cache'),
    memory_shmem_bytes: memory.get('total_shmem'),
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
