import { ApiError, type ErrorCode } from '@sandfleet/contract';

/** Codes of JSON-RPC, and of MCP where it has its own. */
export const RPC = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  server: -32_000,
  sessionNotFound: -32_001,
} as const;

/** An error for the client to see; the SDK takes `code` and `message` from it too. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const CODES: Partial<Readonly<Record<ErrorCode, number>>> = {
  BAD_REQUEST: RPC.parseError,
  VALIDATION_FAILED: RPC.invalidParams,
  MCP_TOOL_NOT_FOUND: RPC.invalidParams,
  MCP_SERVER_NOT_FOUND: RPC.invalidParams,
  SESSION_NOT_FOUND: RPC.sessionNotFound,
};

/** Anything that was thrown, as the client may see it. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof ApiError) return new RpcError(CODES[error.code] ?? RPC.server, error.message);
  return new RpcError(RPC.internal, 'The server met an error that it did not expect.');
}

export type RpcId = string | number | null;

export const rpcError = (id: RpcId, { code, message }: RpcError) => ({ jsonrpc: '2.0', id, error: { code, message } }) as const;
export const rpcResult = (id: RpcId, result: unknown) => ({ jsonrpc: '2.0', id, result }) as const;
