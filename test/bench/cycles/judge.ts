import { leftovers, type Look } from './look.ts';

export interface Cycle {
  /** From the first request to the first answer that is of use. */
  readonly startMs: number;
  readonly totalMs: number;
  readonly look: Look;
}

export interface Verdict {
  readonly left: readonly string[];
  readonly row: Readonly<Record<string, string | number>>;
}

/** Descriptors that come and go with the connections of the one who looks. */
const SPARE_DESCRIPTORS = 12;
/** What a heap may wander; more than that in half of the cycles is growth. */
const SPARE_BYTES = 24 * 2 ** 20;
/** Files that are made once, such as caches. What comes with each cycle is more. */
const SPARE_FILES = 20;
/** Caches find their size; what comes with each cycle has none. */
const SPARE_HOME_BYTES = 64 * 2 ** 20;
/** What keeps the last few runs, as logs do, is full by then. */
const WARM_CYCLES = 15;

/** What the cycles have left. The first shows what is made once, so growth counts from later on. */
export function judge(first: Look, cycles: readonly Cycle[]): Verdict {
  const looks = cycles.map((cycle) => cycle.look);
  const [warm] = looks;
  const last = looks.at(-1);
  if (warm === undefined || last === undefined) return { left: ['no cycle came to its end'], row: {} };
  const rss = growth(looks, ({ rssBytes }) => rssBytes);
  const memory = growth(looks, ({ memoryBytes }) => memoryBytes);
  const from = looks[Math.min(WARM_CYCLES, Math.floor(looks.length / 2))] ?? warm;
  const files = last.home - from.home;
  const homeBytes = last.homeBytes - from.homeBytes;
  const descriptors = last.descriptors - warm.descriptors;
  const left = [
    ...leftovers(last, { processes: first.processes, ports: first.ports, tmp: warm.tmp }),
    ...(descriptors > SPARE_DESCRIPTORS ? [`${descriptors} descriptors of the server`] : []),
    ...(files > SPARE_FILES ? [`${files} files in the home`] : []),
    ...(homeBytes > SPARE_HOME_BYTES ? [`${mib(homeBytes)} MiB in the home`] : []),
    ...(rss > SPARE_BYTES ? [`${mib(rss)} MiB of the server’s memory`] : []),
    ...(memory > SPARE_BYTES ? [`${mib(memory)} MiB of the sandbox’s memory`] : []),
  ];
  const row = {
    cycles: cycles.length,
    'start p50 ms': Math.round(middle(cycles.map(({ startMs }) => startMs))),
    'cycle p50 s': (middle(cycles.map(({ totalMs }) => totalMs)) / 1000).toFixed(1),
    processes: change(first.processes.length, last.processes.length),
    ports: change(first.ports.length, last.ports.length),
    '/tmp': change(warm.tmp.length, last.tmp.length),
    home: change(from.home, last.home),
    'home KiB': change(Math.round(from.homeBytes / 1024), Math.round(last.homeBytes / 1024)),
    descriptors: change(warm.descriptors, last.descriptors),
    'server MiB': change(mib(warm.rssBytes), mib(last.rssBytes)),
    'server growth': mib(rss),
    'sandbox MiB': change(mib(warm.memoryBytes), mib(last.memoryBytes)),
    'sandbox growth': mib(memory),
    left: left.length,
  };
  return { left, row };
}

/** How much more the last quarter has than the second: a heap takes a while to find its size. */
export function growth(looks: readonly Look[], of: (look: Look) => number): number {
  const quarter = (from: number, to: number) =>
    middle(looks.slice(Math.floor(looks.length * from), Math.max(1, Math.ceil(looks.length * to))).map(of));
  return quarter(3 / 4, 1) - quarter(1 / 4, 1 / 2);
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const change = (from: number, to: number): string => `${from} → ${to}`;
const mib = (bytes: number): number => Math.round((bytes / 2 ** 20) * 10) / 10;
