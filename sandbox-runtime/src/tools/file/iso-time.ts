/** The last moment that a date of JavaScript can hold; any program may give a file a later one, and some file systems keep it. */
const LAST_MS = 8.64e15;

export const isoTime = (ms: number): string => new Date(Math.round(Math.min(Math.max(ms, -LAST_MS), LAST_MS))).toISOString();
