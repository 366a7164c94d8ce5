/** The middle of so many timings in milliseconds, after one that warms up. */
export async function p50(turns: number, work: (turn: number) => Promise<unknown>): Promise<number> {
  await work(-1);
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) times.push(await timed(() => work(turn)));
  return middle(times);
}

/** Two works in turn, so that what else the machine does falls on both: the middle of each. */
export async function p50OfBoth(
  turns: number,
  first: (turn: number) => Promise<unknown>,
  second: (turn: number) => Promise<unknown>,
): Promise<readonly [number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let turn = -1; turn < turns; turn += 1) {
    const took = [await timed(() => first(turn)), await timed(() => second(turn))] as const;
    if (turn >= 0) took.forEach((time, index) => times[index]?.push(time));
  }
  return [middle(times[0]), middle(times[1])];
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
