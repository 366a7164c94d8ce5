import type { Logger } from '@sandfleet/server-kit';

import { workspaceOf, type Config, type Environment } from '../config.ts';
import { failed, logHook } from './log-hook.ts';
import { createRedact } from './redact.ts';
import { runHook } from './run-hook.ts';

export type StartHook = 'RUN_HOOK_INIT' | 'RUN_HOOK_PRE_SERVICES' | 'RUN_HOOK_POST_READY';

export interface StartHooksOptions {
  readonly config: Config;
  readonly env: Environment;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds that the start has left, for hooks that it waits for. */
  readonly left: () => number;
}

/** The user's commands around the start, by the variable that holds them. A variable that is not set is no hook. */
export function startHooks({ config, env, log, signal, left }: StartHooksOptions) {
  const redact = createRedact(env);
  const run = async (hook: StartHook, timeoutMs: number): Promise<boolean> => {
    const command = config[hook];
    if (command === undefined) return true;
    const options = { command, env, directory: workspaceOf(config), signal, leftovers: 'stay' } as const;
    const outcome = await runHook({ ...options, timeoutMs });
    // A hook that was ended because the sandbox stops has not failed.
    if (signal.aborted) return true;
    logHook(log, hook, outcome, redact);
    return !failed(outcome);
  };
  const timeoutMs = config.RUN_HOOK_TIMEOUT_SECONDS * 1000;
  return {
    /**
     * Waits for the hook's end. A sandbox that starts in spite of a hook that failed can be looked into; with RUN_HOOK_STRICT
     * it does not start.
     *
     * @throws Error when the hook failed and RUN_HOOK_STRICT is set; the signal's reason when the sandbox is to stop.
     */
    async before(hook: StartHook): Promise<void> {
      const done = await run(hook, Math.min(timeoutMs, Math.max(left(), 0)));
      signal.throwIfAborted();
      if (!done && config.RUN_HOOK_STRICT)
        throw new Error(`${hook} failed and RUN_HOOK_STRICT is set: the sandbox does not start`);
    },
    /** For what happens while the sandbox is in use already. */
    async after(hook: StartHook): Promise<void> {
      await run(hook, timeoutMs);
    },
  };
}
