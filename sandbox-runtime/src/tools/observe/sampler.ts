import type { ObserveCgroup, ObserveDisk, ObserveProcess } from '@sandfleet/contract/runtime';

import { findCgroup, NO_CGROUP, readCgroup, round, type CgroupPlace } from './cgroup.ts';
import { readDisks } from './disks.ts';
import { readProcessTable, topProcesses, type ProcessTable } from './processes.ts';

export interface SampleOptions {
  readonly disk: boolean;
  /** How many processes; 0 does not look at them at all. */
  readonly rows: number;
}

export interface Sample {
  readonly captured_at: string;
  readonly cgroup: ObserveCgroup;
  readonly disk: ObserveDisk[];
  readonly top_processes: ObserveProcess[];
}

/** Looks again and again: shares of CPU are of the time since the look before. */
export class Sampler {
  readonly #paths: readonly string[];
  readonly #cgroup: () => Promise<CgroupPlace | undefined>;
  #usage: { readonly at: number; readonly usec: number } | undefined;
  #table: ProcessTable | undefined;

  constructor(paths: readonly string[], cgroup = findCgroup) {
    this.#paths = paths;
    this.#cgroup = cgroup;
  }

  async sample({ disk, rows }: SampleOptions): Promise<Sample> {
    const capturedAt = new Date().toISOString();
    const [cgroup, disks, processes] = await Promise.all([
      this.#readCgroup(),
      disk ? readDisks(this.#paths) : [],
      rows > 0 ? this.#readProcesses(rows) : [],
    ]);
    return { captured_at: capturedAt, cgroup, disk: disks, top_processes: processes };
  }

  async #readCgroup(): Promise<ObserveCgroup> {
    const place = await this.#cgroup();
    if (place === undefined) return NO_CGROUP;
    const at = performance.now();
    const cgroup = await readCgroup(place);
    const before = this.#usage;
    this.#usage = { at, usec: cgroup.cpu_usage_usec };
    if (before === undefined || at <= before.at) return cgroup;
    const share = (Math.max(0, cgroup.cpu_usage_usec - before.usec) / 1000 / (at - before.at)) * 100;
    return { cpu_usage_pct: round(share), ...cgroup };
  }

  async #readProcesses(rows: number): Promise<ObserveProcess[]> {
    const table = await readProcessTable();
    const before = this.#table;
    this.#table = table;
    return topProcesses(table, before, rows);
  }
}
