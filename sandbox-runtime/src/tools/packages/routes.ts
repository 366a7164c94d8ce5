import { sandboxPackagesContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { listNodePackages } from './nodejs.ts';
import { PythonPackages } from './python.ts';

export function packagesTool({ app, env, places, log }: ToolContext): Tool {
  const python = new PythonPackages(env);
  implement(app, sandboxPackagesContract, {
    sandbox_python_packages: async () => {
      try {
        return ok([...(await python.list())]);
      } catch (error) {
        log.debug({ err: error }, 'the Python packages could not be listed');
        return { success: false, message: 'python3 did not tell its packages: is it installed, and does it start?', data: [] };
      }
    },
    sandbox_nodejs_packages: async () => ok([...(await listNodePackages(env, places.home))]),
  });
  return { contract: sandboxPackagesContract, close: () => python.close() };
}
