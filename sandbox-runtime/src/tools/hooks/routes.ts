import { hooksContract, type SandboxHook } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { runHooks } from './run-hooks.ts';
import { ENV_HOOK, ShutdownHooks } from './shutdown-hooks.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;
const DEFAULT_PRIORITY = 100;

export function hooksTool({ app, config, env, places, log }: ToolContext): Tool {
  const { RUN_HOOK_SHUTDOWN: command, SHUTDOWN_HOOKS_TIMEOUT_SECONDS: totalSeconds } = config;
  const hooks = new ShutdownHooks(command === undefined ? [] : [fromEnvironment(command, totalSeconds)]);
  implement(app, hooksContract, {
    sandbox_register_hook: ({ body }) => {
      const hook = {
        name: body.name,
        event: 'shutdown',
        command: body.command,
        timeout: body.timeout ?? DEFAULT_TIMEOUT_SECONDS,
        priority: body.priority ?? DEFAULT_PRIORITY,
        source: 'api',
      } as const;
      hooks.set(hook);
      return ok(hook);
    },
    sandbox_list_hooks: () => ok([...hooks.list()]),
    sandbox_remove_hook: ({ params }) => ok(hooks.remove(params.name)),
  });
  return {
    contract: hooksContract,
    // A hook may save what a session holds, or ask this server for it.
    beforeClose: () => runHooks(hooks.seal(), { env, directory: places.workspace, log, timeoutMs: totalSeconds * 1000 }),
    close: async () => {},
  };
}

/** Its own time is not said anywhere, so it has all there is. */
const fromEnvironment = (command: string, timeout: number): SandboxHook => ({
  name: ENV_HOOK,
  event: 'shutdown',
  command,
  timeout,
  priority: DEFAULT_PRIORITY,
  source: 'env',
});
