import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

const anything = (description: string) => Type.Unsafe<Record<string, unknown>>({ type: 'object', description });
const text = (description: string) => Type.Optional(Type.String({ description }));

export const McpTool = Type.Object({
  name: Type.String(),
  title: text('Name for people'),
  description: text('What the tool does, for a model'),
  inputSchema: anything('JSON Schema of the arguments'),
  outputSchema: Type.Optional(anything('JSON Schema of structuredContent')),
  icons: Type.Optional(Type.Array(anything('An icon: src, mimeType, sizes'))),
  annotations: Type.Optional(anything('readOnlyHint, destructiveHint, idempotentHint, openWorldHint, title')),
  _meta: Type.Optional(anything('What else the server says of the tool')),
  execution: Type.Optional(anything('taskSupport')),
});
export type McpTool = Static<typeof McpTool>;

export const McpToolResult = Type.Object({
  _meta: Type.Optional(anything('What else the server says of the result')),
  content: Type.Array(anything('text, image, audio, resource_link or resource, told apart by `type`')),
  structuredContent: Type.Optional(anything('The result as data')),
  isError: Type.Optional(Type.Boolean({ default: false, description: 'The tool ran and failed' })),
});
export type McpToolResult = Static<typeof McpToolResult>;

const serverName = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'browser, file, shell, markitdown, sandbox, or a server of mcp-servers.json',
});

export const mcpContract = defineContract({
  mcp_list_servers: {
    method: 'GET',
    path: '/v1/mcp/servers',
    tag: 'mcp',
    summary: 'List the MCP servers',
    description:
      'The servers of the sandbox itself and those of mcp-servers.json, by name. All of them are one server at /mcp ' +
      '(streamable HTTP). `hint` says what is wrong with mcp-servers.json.',
    querystring: Type.Object({
      include_hidden: Type.Optional(
        Type.Boolean({ default: false, description: 'Also other names of servers, and those that the file disables' }),
      ),
    }),
    response: envelope(Type.Array(Type.String())),
  },
  mcp_list_tools: {
    method: 'GET',
    path: '/v1/mcp/{server_name}/tools',
    tag: 'mcp',
    summary: 'List the tools of an MCP server',
    description: 'A server of mcp-servers.json is started for it when its tools are not known yet.',
    params: Type.Object({ server_name: serverName }),
    response: envelope(
      Type.Object({
        _meta: Type.Optional(anything('What else the server says of the list')),
        nextCursor: Type.Optional(Type.String({ description: 'Never set: the list is whole' })),
        tools: Type.Array(McpTool),
      }),
    ),
    errors: ['MCP_SERVER_NOT_FOUND', 'UPSTREAM_FAILED'],
  },
  mcp_call_tool: {
    method: 'POST',
    path: '/v1/mcp/{server_name}/tools/{tool_name}',
    tag: 'mcp',
    summary: 'Call a tool of an MCP server',
    description:
      'The body has the arguments. The tool may be named as the list names it, without the name of its server, or by any of ' +
      'its other known names. A tool that fails answers `success: false`, with its words as `message` and `isError` in `data`.',
    params: Type.Object({
      server_name: serverName,
      tool_name: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the tool' }),
    }),
    body: Type.Unsafe<Record<string, unknown>>({ type: 'object', description: 'Arguments of the tool' }),
    bodyOptional: true,
    response: envelope(McpToolResult),
    errors: ['MCP_SERVER_NOT_FOUND', 'MCP_TOOL_NOT_FOUND', 'TOO_MANY_REQUESTS', 'UPSTREAM_FAILED'],
  },
});
