import { setTimeout as sleep } from 'node:timers/promises';

// Long enough for a machine that is busy with other work; a test that passes does not wait for it.
const DEADLINE_SECONDS = 120;

/** Asks again until the answer is neither undefined nor false. */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  seconds = DEADLINE_SECONDS,
): Promise<NonNullable<T>> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`not seen within ${seconds} s: ${what}`);
    await sleep(5);
  }
}
