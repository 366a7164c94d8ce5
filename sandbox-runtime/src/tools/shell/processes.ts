import { readdir, readFile } from 'node:fs/promises';

interface ProcessStat {
  readonly pid: number;
  readonly session: number;
}

/** Ids of the processes in the session of `leader`, without the leader. One that called setsid() has left it. */
export async function sessionProcesses(leader: number): Promise<readonly number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(names.map(statOf));
  return stats.flatMap((stat) => (stat !== undefined && stat.session === leader && stat.pid !== leader ? [stat.pid] : []));
}

async function statOf(pid: string): Promise<ProcessStat | undefined> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It ended since the directory was read.
    return undefined;
  }
}

/** `pid (name) state ppid pgrp session …`; the name may hold anything, so what counts is after the last bracket. */
export function parseStat(text: string): ProcessStat {
  const [, , , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid: Number.parseInt(text, 10), session: Number(session) };
}

/** Sends a signal, which finds nobody when the process has just ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
