import { readFile } from 'node:fs/promises';

import { membersOf, type Family } from '../tools/bash/family.ts';
import { parseStat } from '../tools/observe/process-stat.ts';

export interface ServiceUsage {
  /** Pages that processes share count for each of them. */
  readonly memoryBytes: number;
  /** Of the processes that live. */
  readonly cpuSeconds: number;
}

const TICKS_PER_SECOND = 100;

/** What the processes of a service take at this moment. */
export async function usageOf(family: Family | undefined): Promise<ServiceUsage> {
  if (family === undefined) return { memoryBytes: 0, cpuSeconds: 0 };
  const members = await membersOf(family);
  const each = await Promise.all(members.map(({ pid }) => usageOfProcess(pid)));
  return each.reduce(
    (sum, one) => ({ memoryBytes: sum.memoryBytes + one.memoryBytes, cpuSeconds: sum.cpuSeconds + one.cpuSeconds }),
    { memoryBytes: 0, cpuSeconds: 0 },
  );
}

async function usageOfProcess(pid: number): Promise<ServiceUsage> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => '');
  const [stat, status] = await Promise.all([read('stat'), read('status')]);
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return { memoryBytes: Number(kilobytes) * 1024, cpuSeconds: (parseStat(stat)?.cpuTicks ?? 0) / TICKS_PER_SECOND };
}
