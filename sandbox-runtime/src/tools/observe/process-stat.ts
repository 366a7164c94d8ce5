/** What `/proc/PID/stat` tells. */
export interface ProcessTimes {
  readonly pid: number;
  readonly comm: string;
  readonly state: string;
  readonly ppid: number;
  /** User and system time in hundredths of a second, which Linux counts in whatever its own tick. */
  readonly cpuTicks: number;
  readonly threads: number;
  /** Between the machine's start and the process's. */
  readonly startTicks: number;
  readonly rssPages: number;
}

/** Places behind the last bracket: `state ppid …`. */
const FIELD = { state: 0, ppid: 1, utime: 11, stime: 12, threads: 17, start: 19, rss: 21 } as const;

/** `pid (name) state ppid …`; the name may hold anything, brackets and line breaks too. */
export function parseStat(text: string): ProcessTimes | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open === -1 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  const number = (at: number) => Number(fields[at] ?? 0);
  return {
    pid: Number.parseInt(text, 10),
    comm: text.slice(open + 1, close),
    state: fields[FIELD.state] ?? '?',
    ppid: number(FIELD.ppid),
    cpuTicks: number(FIELD.utime) + number(FIELD.stime),
    threads: number(FIELD.threads),
    startTicks: number(FIELD.start),
    rssPages: number(FIELD.rss),
  };
}
