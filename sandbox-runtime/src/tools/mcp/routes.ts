import { join } from 'node:path';

import { ApiError, type Contract } from '@sandfleet/contract';
import { mcpContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { Audit } from './calls/audit.ts';
import { callerOf } from './calls/caller.ts';
import { SERVER_ALIASES } from './catalog/aliases.ts';
import { OWN_SERVERS } from './catalog/tool-definition.ts';
import { Hub } from './hub.ts';
import { OutsideServers } from './outside/outside-servers.ts';
import { mountEndpoint } from './rpc/endpoint.ts';
import { McpSessions } from './rpc/mcp-sessions.ts';

/** Names that belong to the sandbox. */
const RESERVED = new Set<string>([...OWN_SERVERS, ...Object.keys(SERVER_ALIASES), 'bash', 'mcp']);

/** The MCP hub; `tools` are those whose operations it offers. */
export function mcpTool(context: ToolContext, tools: readonly Tool[]): Tool {
  const { app, config, guard, log, metrics, env, places } = context;
  const contract: Contract = Object.assign({}, ...tools.map((tool) => tool.contract));
  const outside = new OutsideServers({
    path: config.MCP_SERVERS_FILE ?? join(places.home, '.config/sandfleet/mcp-servers.json'),
    isTaken: (name) => RESERVED.has(name),
    env,
    workspace: places.workspace,
    startMs: config.MCP_SERVER_START_SECONDS * 1000,
    callMs: config.MCP_SERVER_CALL_SECONDS * 1000,
    idleMs: config.MCP_SERVER_IDLE_SECONDS * 1000,
    limit: config.MCP_RESULT_CHARACTERS,
    log,
  });
  const hub = new Hub({ app, config, contract, audit: new Audit(log, metrics), outside });
  const sessions = new McpSessions({ hub, config });
  mountEndpoint({ app, config, guard, hub, sessions });
  implement(
    app,
    mcpContract,
    {
      mcp_list_servers: async ({ query }) => {
        const names = await hub.servers({ includeHidden: query.include_hidden === true });
        const problem = outside.problem();
        return { ...ok([...names]), ...(problem === undefined ? {} : { hint: problem }) };
      },
      mcp_list_tools: async ({ params }) => ok({ tools: [...(await hub.listOf(params.server_name))] }),
      mcp_call_tool: async ({ params, body }, { request, signal }) => {
        const caller = callerOf(request, guard);
        const call = { name: params.tool_name, server: params.server_name, args: body, caller, signal };
        const result = await hub.call(call).catch((error: unknown) => {
          if (!signal.aborted) throw error;
          // Nobody is there to read it; it is no fault of the server.
          throw new ApiError('BAD_REQUEST', { message: 'The client hung up.', cause: error });
        });
        const data = { isError: false, ...result };
        if (!data.isError) return ok(data);
        const text = data.content.find((item) => typeof item['text'] === 'string')?.['text'];
        return { success: false, message: typeof text === 'string' ? text.slice(0, 2000) : 'The tool failed.', data };
      },
    },
    { route: (operationId) => (operationId === 'mcp_call_tool' ? { bodyLimit: config.MCP_BODY_BYTES } : {}) },
  );
  return {
    contract: mcpContract,
    close: async () => {
      await sessions.close();
      await outside.close();
    },
  };
}
