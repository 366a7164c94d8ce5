import type { Logger } from '@sandfleet/server-kit';

import type { Redact } from './redact.ts';
import type { HookOutcome } from './run-hook.ts';

/** Characters of output in a log line. */
const LOGGED = 8 * 1024;

export const failed = ({ exitCode }: HookOutcome): boolean => exitCode !== 0;

/** One line for a hook that ended. Its command is not told: it may hold a secret that no rule knows. */
export function logHook(log: Logger, hook: string, outcome: HookOutcome, redact: Redact): void {
  const { exitCode, timedOut, durationMs, output, cut } = outcome;
  const line = { hook, exitCode, timedOut, durationMs, output: redact(output, cut).slice(-LOGGED) };
  if (failed(outcome)) log.warn(line, timedOut ? 'hook took too long and was killed' : 'hook failed');
  else log.info(line, 'hook done');
}
