import { ApiError } from '@sandfleet/contract';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Config } from '../../../config.ts';
import type { Guard } from '../../../server/auth/guard.ts';
import { isOwnOrigin } from '../../../server/auth/origin.ts';
import { callerOf } from '../calls/caller.ts';
import { asObject } from '../catalog/tool-definition.ts';
import type { Hub } from '../hub.ts';
import { RPC, rpcError, RpcError, toRpcError } from './json-rpc.ts';
import type { McpSession } from './mcp-session.ts';
import type { McpSessions } from './mcp-sessions.ts';
import { sendWebAnswer, webRequestOf } from './send-web-answer.ts';
import { allowsBatch, DEFAULT_VERSION } from './server-info.ts';
import { answerStateless } from './stateless.ts';

export interface EndpointOptions {
  readonly app: FastifyInstance;
  readonly config: Config;
  readonly guard: Guard;
  readonly hub: Hub;
  readonly sessions: McpSessions;
}

const PATHS = ['/mcp', '/v1/mcp'] as const;

/**
 * MCP by streamable HTTP. `initialize` begins a session, whose later requests name it by Mcp-Session-Id; a request without one is
 * answered by itself.
 */
export function mountEndpoint(options: EndpointOptions): void {
  for (const url of PATHS) {
    options.app.route({
      method: ['GET', 'POST', 'DELETE'],
      url,
      exposeHeadRoute: false,
      bodyLimit: options.config.MCP_BODY_BYTES,
      errorHandler: sendError,
      handler: (request, reply) => answer(request, reply, options),
    });
  }
}

async function answer(request: FastifyRequest, reply: FastifyReply, options: EndpointOptions): Promise<unknown> {
  refuseForeignPage(request);
  const { guard, hub, sessions } = options;
  const caller = callerOf(request, guard);
  if (caller.session !== undefined) return inSession(sessions.get(caller.session, caller), { request, reply, caller });
  if (request.method === 'POST' && beginsSession(request)) {
    const session = await sessions.create(caller);
    await inSession(session, { request, reply, caller: { ...caller, session: session.id } });
    // Its client was refused and never heard of it.
    if (reply.raw.statusCode >= 400) await sessions.end(session.id);
    return reply;
  }
  if (request.method !== 'POST') {
    reply.header('allow', 'GET, POST, DELETE');
    throw new ApiError('BAD_REQUEST', { message: 'This needs the Mcp-Session-Id that initialize was answered with.' });
  }
  const version = request.headers['mcp-protocol-version'];
  const signal = hangUpOf(reply);
  const asked = { hub, caller, signal, version: typeof version === 'string' ? version : undefined };
  const answered = await answerStateless(request.body, asked).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    return undefined;
  });
  // Nobody is there to take an answer.
  if (answered === undefined) return reply.hijack();
  if (answered.status === 202) return reply.code(202).send();
  return reply.code(answered.status).type('application/json; charset=utf-8').send(JSON.stringify(answered.body));
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: ReturnType<typeof callerOf>;
}

async function inSession(session: McpSession, { request, reply, caller }: Exchange): Promise<FastifyReply> {
  const { body, headers } = request;
  const version = headers['mcp-protocol-version'];
  if (Array.isArray(body) && !allowsBatch(typeof version === 'string' ? version : DEFAULT_VERSION))
    throw new RpcError(RPC.invalidRequest, 'This version of the protocol has no batches.');
  session.exchanges += 1;
  try {
    await sendWebAnswer(await session.handle(webRequestOf(request), { body, caller }), reply);
  } finally {
    session.exchanges -= 1;
    session.lastUsedAt = Date.now();
  }
  return reply;
}

/** `initialize` of a client that can read the stream in which a session answers. */
function beginsSession({ body, headers }: FastifyRequest): boolean {
  const { jsonrpc, method, id } = asObject(body);
  const { accept = '*/*' } = headers;
  return jsonrpc === '2.0' && method === 'initialize' && id !== undefined && /text\/event-stream|\*\/\*/.test(accept);
}

/**
 * Pages of other origins can make a browser send requests here, and one that renames its host to this address can read the
 * answers; their Origin tells. MCP clients that are no pages send none.
 */
function refuseForeignPage({ headers }: FastifyRequest): void {
  if (headers.origin !== undefined && !isOwnOrigin(headers))
    throw new ApiError('ORIGIN_REFUSED', { message: 'MCP can be spoken from the pages of this sandbox alone.' });
}

function hangUpOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the client hung up'));
  });
  return controller.signal;
}

/** The form of MCP's own errors, with the status that HTTP has for them. */
function sendError(error: FastifyError | ApiError | RpcError, request: FastifyRequest, reply: FastifyReply): void {
  const status = statusOf(error);
  if (status >= 500) request.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'request failed');
  if (error instanceof ApiError) void reply.headers(error.headers);
  const shown = status === 400 && !(error instanceof ApiError) && !(error instanceof RpcError) ? PARSE_ERROR : toRpcError(error);
  void reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(rpcError(null, status === 413 ? TOO_LARGE : shown)));
}

const PARSE_ERROR = new RpcError(RPC.parseError, 'The body is not JSON.');
const TOO_LARGE = new RpcError(RPC.invalidRequest, 'The request is larger than this sandbox takes.');

function statusOf(error: FastifyError | ApiError | RpcError): number {
  if (error instanceof ApiError) return error.status;
  if (error instanceof RpcError) return 400;
  return error.statusCode ?? 500;
}
