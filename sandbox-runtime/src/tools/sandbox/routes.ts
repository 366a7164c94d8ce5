import { ApiError, type Operation } from '@sandfleet/contract';
import { sandboxContract, type SandboxDetail } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { Tool, ToolContext } from '../../tool.ts';
import { ENVIRONMENT_VERSION } from '../../version.ts';
import { describeInstalled, describeSystem } from './detail.ts';

/** The probe must answer those who have no credential. */
const OPEN = { route: (_: string, { open }: Operation) => ({ config: { open: open === true } }) };

export function sandboxTool({ app, env, places, isReady }: ToolContext): Tool {
  const options = { env, ...places };
  // The first caller waits for the look around; installed tools hardly change while a sandbox lives.
  let installed: ReturnType<typeof describeInstalled> | undefined;
  implement(
    app,
    sandboxContract,
    {
      ping: (_, { reply }) => {
        if (!isReady()) throw new ApiError('NOT_READY', { message: 'The sandbox is starting.', retryAfterSeconds: 1 });
        void reply.type('text/plain').send('pong');
      },
      sandbox_context: async () => {
        installed ??= describeInstalled(options.env);
        const detail = { system: await describeSystem(options), ...(await installed) };
        return {
          success: true,
          message: 'Operation successful',
          data: toText(detail),
          home_dir: options.home,
          workspace: options.workspace,
          version: ENVIRONMENT_VERSION,
          detail,
        };
      },
    },
    OPEN,
  );
  return { contract: sandboxContract, close: async () => {} };
}

/** The facts as an agent reads them in its prompt. */
function toText({ system, runtime, utils }: SandboxDetail): string {
  const versions = (name: string, specs: SandboxDetail['runtime']['python']) =>
    specs.map(({ ver = '?', bin = '' }) => `- ${name} ${ver} (${bin})`);
  return [
    `System Environment (${ENVIRONMENT_VERSION}):`,
    `- OS: ${system.os} ${system.os_version} (${system.arch})`,
    `- User: ${system.user}, home directory ${system.home_dir}, workspace ${system.workspace ?? system.home_dir}`,
    `- Time zone: ${system.timezone}`,
    `- Occupied ports: ${system.occupied_ports.join(', ') || 'none'}`,
    '',
    'Runtimes:',
    ...versions('Python', runtime.python),
    ...versions('Node.js', runtime.nodejs),
    '',
    'Tools:',
    ...utils.map(({ category, tools }) => `- ${category}: ${tools.map(({ name }) => name).join(', ')}`),
  ].join('\n');
}
