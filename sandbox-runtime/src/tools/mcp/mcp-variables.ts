import { Type } from 'typebox';

/** The MCP hub and the servers behind it. */
export const mcpVariables = {
  MCP_SERVERS_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'file with further MCP servers; .config/sandfleet/mcp-servers.json in the home directory when left out',
    }),
  ),
  DISABLE_MCP_BROWSER: Type.Boolean({ default: false, description: 'leave the browser out of the MCP tools' }),
  MAX_MCP_SESSIONS: Type.Integer({ minimum: 1, maximum: 10_000, default: 64, description: 'MCP sessions at once' }),
  MCP_SESSION_IDLE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 604_800,
    default: 1800,
    description: 'seconds without a request or an open stream after which an MCP session ends',
  }),
  MCP_ORPHAN_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 60,
    description: 'seconds that the calls of an MCP session go on without any connection of its client, which may come back',
  }),
  MAX_MCP_CALLS: Type.Integer({ minimum: 1, maximum: 10_000, default: 64, description: 'MCP tool calls at once; as many wait' }),
  MCP_BODY_BYTES: Type.Integer({
    minimum: 65_536,
    maximum: 268_435_456,
    default: 33_554_432,
    description: 'bytes of one MCP request',
  }),
  MCP_RESULT_CHARACTERS: Type.Integer({
    minimum: 1024,
    maximum: 67_108_864,
    default: 200_000,
    description: 'characters of text in the result of an MCP tool; more is cut out of its middle',
  }),
  MCP_REPLAY_BYTES: Type.Integer({
    minimum: 0,
    maximum: 1_073_741_824,
    default: 8_388_608,
    description: 'bytes of MCP messages of all sessions that are kept for clients that lost their connection',
  }),
  MCP_SERVER_START_SECONDS: Type.Number({
    minimum: 1,
    maximum: 3600,
    default: 60,
    description: 'time that a server of MCP_SERVERS_FILE gets to start',
  }),
  MCP_SERVER_CALL_SECONDS: Type.Number({
    minimum: 1,
    maximum: 86_400,
    default: 600,
    description: 'time of one call of a server of MCP_SERVERS_FILE without a sign of progress',
  }),
  MCP_SERVER_IDLE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 604_800,
    default: 300,
    description: 'seconds without a call after which a server of MCP_SERVERS_FILE is stopped',
  }),
} as const;
