import type { ObserveCgroup, ObserveEvent } from '@sandfleet/contract/runtime';

import { round } from './cgroup.ts';
import type { Sample } from './sampler.ts';

/** Percent from which a resource is told to run out, and below which it has recovered, so that one at the edge is told once. */
const HIGH = 90;
const LOW = 85;
/** Percent of the periods since the last sample in which the limit of CPU was hit. */
const THROTTLED = 25;
const UNTHROTTLED = 10;

type Found = Omit<ObserveEvent, 'ts'>;

/** Tells what went over a threshold from one sample to the next. */
export class Thresholds {
  readonly #over = new Set<string>();
  #before: ObserveCgroup | undefined;

  check(sample: Sample): ObserveEvent[] {
    const { cgroup, disk } = sample;
    const before = this.#before;
    this.#before = cgroup;
    const found = [
      ...this.#memory(cgroup),
      ...disk.flatMap(({ path, usage_pct: used, free_bytes: free, inode_usage_pct: inodes }) => [
        ...this.#cross(`disk ${path}`, used, {
          type: 'disk_high',
          message: `${used} % of the disk of ${path} is used`,
          data: { path, usage_pct: used, free_bytes: free },
        }),
        ...this.#cross(`inodes ${path}`, inodes, {
          type: 'inodes_high',
          message: `${inodes} % of the inodes of ${path} are used`,
          data: { path, inode_usage_pct: inodes },
        }),
      ]),
      ...(before === undefined ? [] : [...kills(before, cgroup), ...this.#throttling(before, cgroup)]),
    ];
    return found.map((event) => ({ ts: sample.captured_at, ...event }));
  }

  /** Files that are cached go when the room is needed: they are no reason for an alarm. */
  #memory({
    mem_current_bytes: current,
    mem_max_bytes: max,
    memory_working_set_bytes: needed = current,
  }: ObserveCgroup): Found[] {
    if (max === undefined || max === 0) return [];
    const share = round((needed / max) * 100);
    return this.#cross('memory', share, {
      type: 'memory_high',
      message: `${share} % of the memory is in use`,
      data: { usage_pct: share, working_set_bytes: needed, max_bytes: max },
    });
  }

  #throttling(before: ObserveCgroup, now: ObserveCgroup): Found[] {
    const periods = (now.cpu_nr_periods ?? 0) - (before.cpu_nr_periods ?? 0);
    const throttled = (now.cpu_nr_throttled ?? 0) - (before.cpu_nr_throttled ?? 0);
    if (periods <= 0) return [];
    const share = round((throttled / periods) * 100);
    const event = {
      type: 'cpu_throttled',
      message: `the limit of CPU was hit in ${share} % of the time`,
      data: { throttled_pct: share, nr_periods: periods, nr_throttled: throttled },
    };
    return this.#cross('cpu', share, event, { high: THROTTLED, low: UNTHROTTLED });
  }

  #cross(name: string, value: number | undefined, event: Found, { high, low } = { high: HIGH, low: LOW }): Found[] {
    if (value === undefined) return [];
    if (value < low) this.#over.delete(name);
    if (value < high || this.#over.has(name)) return [];
    this.#over.add(name);
    return [event];
  }
}

function kills(before: ObserveCgroup, now: ObserveCgroup): Found[] {
  const messages = { oom: 'memory ran out', oom_kill: 'a process was killed because memory ran out' } as const;
  return (['oom', 'oom_kill'] as const).flatMap((type) => {
    const count = (now[type] ?? 0) - (before[type] ?? 0);
    return count > 0 ? [{ type, message: messages[type], data: { count, total: now[type] } }] : [];
  });
}
