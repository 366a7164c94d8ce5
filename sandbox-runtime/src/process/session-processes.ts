import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';

import { processIds } from './process-ids.ts';

interface ProcessStat {
  readonly pid: number;
  readonly session: number;
  /** Seconds between the machine's start and the process's. */
  readonly startedAt: number;
}

/** Linux counts process times in hundredths of a second, whatever its own tick. */
const TICKS_PER_SECOND = 100;
/** A process may be this much older than the clock says, by rounding. */
const SLACK_SECONDS = 0.02;

/**
 * Ids of the processes in the session of `leader`, without the leader, that were started since a time (ms since the epoch).
 * One that called setsid() has left the session.
 */
export async function sessionProcesses(leader: number, since = 0): Promise<readonly number[]> {
  // Without descriptors left the table of processes can't be read; whoever asks can end the leader all the same.
  const names = await processIds().catch(() => []);
  const earliest = uptime() - (Date.now() - since) / 1000 - SLACK_SECONDS;
  const stats = await Promise.all(names.map(statOf));
  return stats.flatMap((stat) =>
    stat !== undefined && stat.session === leader && stat.pid !== leader && stat.startedAt >= earliest ? [stat.pid] : [],
  );
}

async function statOf(pid: string): Promise<ProcessStat | undefined> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It ended since the directory was read.
    return undefined;
  }
}

const GROUP = 2;
const SESSION = 3;
const FOREGROUND = 5;
const START_TIME = 19;

const fieldsOf = (text: string): readonly string[] => text.slice(text.lastIndexOf(')') + 2).split(' ');

/** `pid (name) state ppid pgrp session …`; the name may hold anything, so what counts is after the last bracket. */
export function parseStat(text: string): ProcessStat {
  const fields = fieldsOf(text);
  return {
    pid: Number.parseInt(text, 10),
    session: Number(fields[SESSION]),
    startedAt: Number(fields[START_TIME]) / TICKS_PER_SECOND,
  };
}

/** The process group that an interactive shell has given its terminal to; undefined while it is the shell's own. */
export function foregroundOf(shell: number): number | undefined {
  try {
    const fields = fieldsOf(readFileSync(`/proc/${shell}/stat`, 'utf8'));
    const foreground = Number(fields[FOREGROUND]);
    return foreground > 0 && foreground !== Number(fields[GROUP]) ? foreground : undefined;
  } catch {
    // The shell has ended.
    return undefined;
  }
}

/** What a process was started as, as far as it fits into a line. */
export function commandLineOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim().slice(0, 200);
  } catch {
    return undefined;
  }
}

/** Sends a signal to a process, or to the group of a negative number. */
export function signalProcess(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    // It has just ended, or it became another user's by sudo.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
