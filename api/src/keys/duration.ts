const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const DURATION = /^([1-9][0-9]{0,8})([smhd])$/;
const MAX_SECONDS = 10 * 365 * UNITS.d;

/** Seconds of `90s`, `15m`, `12h` or `30d`; undefined for anything else, and for more than ten years. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  // The pattern lets these four letters through alone.
  const seconds = Number(count) * UNITS[unit as keyof typeof UNITS];
  return seconds <= MAX_SECONDS ? seconds : undefined;
}
