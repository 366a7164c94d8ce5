import { setTimeout as delay } from 'node:timers/promises';

import { sessionProcesses, signalProcess } from '../../process/session-processes.ts';

/** What programs get to save their work when their session is closed. */
const HANG_UP_GRACE_MS = 500;
const HANG_UP_POLL_MS = 25;

/** As a terminal that is closed: whatever belongs to the session of `leader` is told to go, and what stays is ended. */
export async function hangUpSession(leader: number, isGone: () => boolean): Promise<void> {
  for (const pid of [leader, ...(await sessionProcesses(leader))]) {
    signalProcess(pid, 'SIGHUP');
    // What is stopped hears of it only when it goes on.
    signalProcess(pid, 'SIGCONT');
  }
  for (let waited = 0; waited < HANG_UP_GRACE_MS; waited += HANG_UP_POLL_MS) {
    await delay(HANG_UP_POLL_MS);
    if (isGone() && (await sessionProcesses(leader)).length === 0) return;
  }
  await endSession(leader, isGone);
}

/** Ends a session's leader, unless it is gone already and its id may be another's, and everything that belongs to the session. */
export async function endSession(leader: number, isGone: () => boolean): Promise<void> {
  const pids = await sessionProcesses(leader);
  for (const pid of isGone() ? pids : [leader, ...pids]) signalProcess(pid, 'SIGKILL');
}
