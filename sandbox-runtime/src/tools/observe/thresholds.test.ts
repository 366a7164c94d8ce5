import type { ObserveCgroup, ObserveDisk } from '@sandfleet/contract/runtime';
import { describe, expect, it } from 'vitest';

import type { Sample } from './sampler.ts';
import { Thresholds } from './thresholds.ts';

const sample = (cgroup: Partial<ObserveCgroup>, disk: readonly Partial<ObserveDisk>[] = []): Sample => ({
  captured_at: '2026-01-01T00:00:00.000Z',
  cgroup: { cpu_usage_usec: 0, mem_current_bytes: 0, ...cgroup },
  disk: disk.map((one) => ({ path: '/', used_bytes: 0, total_bytes: 0, free_bytes: 0, usage_pct: 0, ...one })),
  top_processes: [],
});
const memory = (share: number) => sample({ mem_current_bytes: 1000, memory_working_set_bytes: share * 10, mem_max_bytes: 1000 });

/** Types of the events that a row of samples gives. */
const types = (...samples: readonly Sample[]) => {
  const thresholds = new Thresholds();
  return samples.map((one) => thresholds.check(one).map(({ type }) => type));
};

describe('Thresholds', () => {
  it('tells memory when it is crossed, and again only after it was left', () => {
    expect(types(memory(89), memory(90), memory(99), memory(87), memory(91), memory(84), memory(90))).toEqual([
      [],
      ['memory_high'],
      [],
      [],
      [],
      [],
      ['memory_high'],
    ]);
  });

  it('does not count cached files as used memory, nor anything without a limit', () => {
    expect(types(memory(20))).toEqual([[]]);
    expect(types(sample({ mem_current_bytes: 1e15 }))).toEqual([[]]);
  });

  it('tells each disk and its inodes for itself', () => {
    const first = sample({}, [
      { path: '/a', usage_pct: 95 },
      { path: '/b', usage_pct: 10, inode_usage_pct: 99 },
    ]);
    expect(types(first, first, sample({}, [{ path: '/c', usage_pct: 90 }]))).toEqual([
      ['disk_high', 'inodes_high'],
      [],
      ['disk_high'],
    ]);
  });

  it('tells processes that were killed since the last sample, not before the first', () => {
    const rows = types(sample({ oom: 5, oom_kill: 5 }), sample({ oom: 6, oom_kill: 7 }), sample({ oom: 6, oom_kill: 7 }));
    expect(rows).toEqual([[], ['oom', 'oom_kill'], []]);
  });

  it('tells when the limit of CPU is hit in a quarter of the periods', () => {
    const at = (periods: number, throttled: number) => sample({ cpu_nr_periods: periods, cpu_nr_throttled: throttled });
    expect(types(at(100, 100), at(200, 124), at(300, 150), at(400, 250), at(500, 251), at(600, 299), at(600, 299))).toEqual([
      [],
      [],
      ['cpu_throttled'],
      [],
      [],
      ['cpu_throttled'],
      [],
    ]);
  });

  it('says what it saw and when', () => {
    expect(new Thresholds().check(memory(95))).toEqual([
      {
        ts: '2026-01-01T00:00:00.000Z',
        type: 'memory_high',
        message: '95 % of the memory is in use',
        data: { usage_pct: 95, working_set_bytes: 950, max_bytes: 1000 },
      },
    ]);
  });
});
