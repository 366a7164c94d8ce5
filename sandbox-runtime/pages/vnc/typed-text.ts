/** What a keyboard without keys has changed: how much of the end was taken back, and what came instead. */
export interface Change {
  readonly erased: number;
  readonly added: string;
}

/** The difference between two texts, of which the second was made by typing at the end of the first, or by a word correction. */
export function changeOf(before: string, after: string): Change {
  const [old, now] = [Array.from(before), Array.from(after)];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same += 1;
  return { erased: old.length - same, added: now.slice(same).join('') };
}
