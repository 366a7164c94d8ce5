import { readFile } from 'node:fs/promises';

import { processIds } from '../../process/process-ids.ts';
import { MARK } from './launch.ts';

/** What belongs to a command, or to all of them. */
export interface Family {
  /** Processes that are known to live, with what they started. */
  readonly pids: readonly number[];
  /** Sessions by their leader, which may have ended. */
  readonly sessions: readonly number[];
  /** How the value of the mark begins. */
  readonly mark: string;
}

export interface Member {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/**
 * The living processes of a family: those of its sessions, what those started, and whatever has its mark in the environment,
 * as a daemon does that left its session and its parent. One that also changed its environment can't be told from a stranger.
 */
export async function membersOf(family: Family): Promise<readonly Member[]> {
  const names = await processIds();
  const all = (await Promise.all(names.map(readMember))).filter((member) => member !== undefined);
  const [known, sessions] = [new Set(family.pids), new Set(family.sessions)];
  const spread = () => {
    for (let before = -1; before !== known.size;) {
      before = known.size;
      for (const { pid, parent, session } of all) {
        // The number of a leader that ended may be another's by now.
        if (known.has(parent) || (sessions.has(session) && pid !== session)) known.add(pid);
        if (known.has(pid) && pid === session) sessions.add(session);
      }
    }
  };
  spread();
  const strangers = all.filter(({ pid }) => !known.has(pid));
  const marked = await Promise.all(strangers.map(({ pid }) => hasMark(pid, family.mark)));
  for (const [index, { pid }] of strangers.entries()) if (marked[index]) known.add(pid);
  spread();
  return all.filter(({ pid }) => known.has(pid) && pid !== process.pid);
}

async function readMember(pid: string): Promise<Member | undefined> {
  // It may have ended since the directory was read.
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return parseMember(text);
}

/** `pid (name) state parent group session …`; the name may hold anything, so what counts is after the last bracket. */
export function parseMember(text: string): Member | undefined {
  const [state, parent, group, session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // What is dead and only waits to be noticed can't be ended once more.
  if (text === '' || state === 'Z' || state === 'X') return undefined;
  return { pid: Number.parseInt(text, 10), parent: Number(parent), group: Number(group), session: Number(session) };
}

async function hasMark(pid: number, mark: string): Promise<boolean> {
  // Others' processes are not for us to read.
  const text = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return `\0${text}`.includes(`\0${MARK}=${mark}`);
}
