const FIRST_MS = 400;
const MOST_MS = 15_000;

/** Milliseconds before the next attempt, the first being 0. `random`, 0 to 1, keeps many pages from coming back at once. */
export function backOffMs(attempt: number, random: number): number {
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(whole * (0.5 + random / 2));
}

export type Ending = 'ended' | 'unknown-session' | 'refused' | 'lost';

/** What the end of a socket means for the page. Close codes of RFC 6455. */
export function endingOf({ code, reason }: { readonly code: number; readonly reason: string }): Ending {
  if (code === 1000) return 'ended';
  if (code === 1008) return /not found/i.test(reason) ? 'unknown-session' : 'refused';
  return 'lost';
}
