import { setTimeout as delay } from 'node:timers/promises';

import type { BashSignal } from '@sandfleet/contract/runtime';

import { signalProcess } from '../../process/session-processes.ts';
import { membersOf, type Family, type Member } from './family.ts';

/** What is sent to those who do not heed what was sent before. */
const LADDER: Readonly<Record<BashSignal, readonly BashSignal[]>> = {
  SIGINT: ['SIGINT', 'SIGTERM', 'SIGKILL'],
  SIGTERM: ['SIGTERM', 'SIGKILL'],
  SIGKILL: ['SIGKILL'],
};
/** A killed process may still be held by the kernel; longer than this nobody waits for it. */
const KILL_WAIT_MS = 5000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** Ends a family for good; tells whether all of it is gone. */
export async function endFamily(family: Family, signal: BashSignal, graceMs: number): Promise<boolean> {
  for (const step of LADDER[signal]) {
    if (await sendUntilGone(family, step, step === 'SIGKILL' ? KILL_WAIT_MS : graceMs)) return true;
  }
  return false;
}

async function sendUntilGone(family: Family, signal: BashSignal, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  const told = new Set<number>();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    // Without descriptors left the table of processes can't be read; the groups that are known can be told all the same.
    const members = await membersOf(family).catch(() => undefined);
    if (members?.length === 0) return true;
    if (members === undefined) for (const pid of family.pids) signalProcess(-pid, signal);
    else tell(members, signal, told);
    if (Date.now() >= end) return false;
    await delay(pause);
  }
}

/** Whole groups at once, so that none of them forks away in between; everybody once, but for SIGKILL. */
function tell(members: readonly Member[], signal: BashSignal, told: Set<number>): void {
  const pids = new Set(members.map(({ pid }) => pid));
  const fresh = members.filter(({ pid }) => signal === 'SIGKILL' || !told.has(pid));
  const groups = new Set(fresh.map(({ group }) => group).filter((group) => pids.has(group) && !told.has(-group)));
  for (const group of groups) signalProcess(-group, signal);
  for (const { pid, group } of fresh) if (!groups.has(group)) signalProcess(pid, signal);
  if (signal === 'SIGKILL') return;
  for (const { pid, group } of fresh) {
    // What is stopped hears of it only when it goes on.
    signalProcess(pid, 'SIGCONT');
    told.add(pid).add(-group);
  }
}
