import type { SandboxHook } from '@sandfleet/contract/runtime';
import type { Logger } from '@sandfleet/server-kit';

import type { Environment } from '../../config.ts';
import { logHook } from '../../startup/log-hook.ts';
import { createRedact } from '../../startup/redact.ts';
import { runHook } from '../../startup/run-hook.ts';

export interface RunHooksOptions {
  readonly env: Environment;
  readonly directory: string;
  readonly log: Logger;
  /** For all steps together; what is not done by then is killed, and what has not begun does not. */
  readonly timeoutMs: number;
}

/** Runs step after step, the hooks of one at the same time. A hook that fails keeps no other from running. */
export async function runHooks(steps: readonly (readonly SandboxHook[])[], options: RunHooksOptions): Promise<void> {
  const { env, directory, log, timeoutMs } = options;
  const end = performance.now() + timeoutMs;
  const redact = createRedact(env);
  for (const step of steps) {
    const left = end - performance.now();
    if (left <= 0) {
      log.warn({ hooks: step.map(({ name }) => name) }, 'no time was left for shutdown hooks');
      continue;
    }
    await Promise.all(
      step.map(async ({ name, command, timeout }) => {
        const outcome = await runHook({
          command,
          env,
          directory,
          timeoutMs: Math.min(timeout * 1000, left),
          leftovers: 'killed',
        });
        logHook(log, name, outcome, redact);
      }),
    );
  }
}
