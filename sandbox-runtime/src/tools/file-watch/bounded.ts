/** Runs work on each item, a few at a time: more would keep everybody else from the few threads that there are for files. */
export async function forEachBounded<T>(items: readonly T[], work: (item: T) => Promise<void>, width = 8): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    // Each item is within the array: `next` was checked in the same turn.
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}
