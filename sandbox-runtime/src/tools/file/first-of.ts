export interface FirstOf<T> {
  add(item: T): void;
  readonly count: number;
  /** The first of all that were added, in order. */
  items(): readonly T[];
}

/** Keeps the first so many of any number of items, and never many more than those. */
export function firstOf<T>(limit: number, compare: (a: T, b: T) => number): FirstOf<T> {
  let kept: T[] = [];
  let count = 0;
  const cut = () => (kept = kept.sort(compare).slice(0, limit));
  return {
    add(item) {
      count += 1;
      kept.push(item);
      if (kept.length >= limit * 2 + 1000) cut();
    },
    get count() {
      return count;
    },
    items: cut,
  };
}
