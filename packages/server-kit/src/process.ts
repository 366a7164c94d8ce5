import { inspect } from 'node:util';

import type { Logger } from './logger.ts';
import { ConfigError } from './config.ts';

/** Exit codes of every command: 0 done, 1 failed, 2 wrong use or configuration. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/**
 * Runs a server's `main` until SIGTERM or SIGINT, which abort `signal`; `main` then has until it returns to finish what it
 * has begun. A second signal ends the process at once. A configuration that cannot be used is told in one line, without a stack.
 */
export async function runProcess(main: (signal: AbortSignal) => Promise<void>, log?: Logger): Promise<never> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT.failed);
    log?.info({ signal: name }, 'stopping');
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    await main(controller.signal);
    log?.flush();
    process.exit(EXIT.ok);
  } catch (error) {
    if (controller.signal.aborted && error === controller.signal.reason) process.exit(EXIT.ok);
    report(error);
    process.exit(error instanceof ConfigError ? EXIT.usage : EXIT.failed);
  }
}

function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  if (error instanceof ConfigError || !(error instanceof Error)) return;
  // The operator of a server that crashed needs the place; users of its API never see this.
  process.stderr.write(`${error.stack ?? ''}\n`);
  if (error.cause !== undefined) process.stderr.write(`caused by: ${inspect(error.cause)}\n`);
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
