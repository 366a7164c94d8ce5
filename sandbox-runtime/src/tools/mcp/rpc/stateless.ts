import type { ToolResult } from '../calls/tool-result.ts';
import type { Caller } from '../calls/caller.ts';
import { asObject, type Arguments } from '../catalog/tool-definition.ts';
import type { Hub } from '../hub.ts';
import { RPC, rpcError, RpcError, rpcResult, toRpcError, type RpcId } from './json-rpc.ts';
import { agreedVersion, allowsBatch, DEFAULT_VERSION, INSTRUCTIONS, PROTOCOL_VERSIONS, SERVER_INFO } from './server-info.ts';

export interface StatelessContext {
  readonly hub: Hub;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  readonly version: string | undefined;
}

/** What is sent back; nothing for messages that are only told. */
export type StatelessAnswer = { readonly status: 200 | 400; readonly body: unknown } | { readonly status: 202 };

const MAX_BATCH = 100;

/**
 * Answers without a session, in plain JSON: for clients that send one message and wait for its answer. A message without
 * `jsonrpc`, as the first examples of such sandboxes send it, is answered by the bare result.
 */
export async function answerStateless(body: unknown, context: StatelessContext): Promise<StatelessAnswer> {
  const { version } = context;
  if (version !== undefined && !PROTOCOL_VERSIONS.some((known) => known === version))
    return refused(`The protocol version is not known; known are ${PROTOCOL_VERSIONS.join(', ')}.`);
  if (!Array.isArray(body)) {
    const answer = await answerOne(body, context);
    return answer === undefined ? { status: 202 } : { status: 200, body: answer };
  }
  if (!allowsBatch(version ?? DEFAULT_VERSION)) return refused('This version of the protocol has no batches.');
  if (body.length === 0 || body.length > MAX_BATCH) return refused(`A batch has 1 to ${MAX_BATCH} messages.`);
  const answers = await Promise.all(body.map((message: unknown) => answerOne(message, context)));
  const sent = answers.filter((answer) => answer !== undefined);
  return sent.length === 0 ? { status: 202 } : { status: 200, body: sent };
}

const refused = (message: string): StatelessAnswer => ({
  status: 400,
  body: rpcError(null, new RpcError(RPC.invalidRequest, message)),
});

async function answerOne(message: unknown, context: StatelessContext): Promise<unknown> {
  const { jsonrpc, id, method, params, ...rest } = asObject(message);
  if (typeof method !== 'string') {
    // The answer to a request of ours, of which there are none here.
    if ('result' in rest || 'error' in rest) return undefined;
    return rpcError(null, new RpcError(RPC.invalidRequest, 'A message needs a method.'));
  }
  const isBare = jsonrpc === undefined && id === undefined;
  if (!isBare && id === undefined) return undefined;
  const answerTo: RpcId = typeof id === 'string' || typeof id === 'number' ? id : null;
  try {
    const result = await perform(method, asObject(params), context);
    return isBare ? bareOf(result) : rpcResult(answerTo, result);
  } catch (error) {
    context.signal.throwIfAborted();
    const shown = toRpcError(error);
    return isBare ? { error: { code: shown.code, message: shown.message } } : rpcError(answerTo, shown);
  }
}

async function perform(method: string, params: Arguments, { hub, caller, signal }: StatelessContext): Promise<object> {
  if (method === 'tools/call') {
    const { name, arguments: args, server } = params;
    if (typeof name !== 'string') throw new RpcError(RPC.invalidParams, 'params.name is the name of a tool.');
    return hub.call({ name, args: asObject(args), server: typeof server === 'string' ? server : undefined, caller, signal });
  }
  if (method === 'tools/list') return { tools: await hub.list(caller.view) };
  if (method === 'ping' || method.startsWith('notifications/')) return {};
  if (method === 'initialize') {
    return {
      protocolVersion: agreedVersion(params['protocolVersion']),
      capabilities: { tools: {} },
      serverInfo: SERVER_INFO,
      instructions: INSTRUCTIONS,
    };
  }
  throw new RpcError(RPC.methodNotFound, `There is no method ${method.slice(0, 128)}.`);
}

/** Examples read the text of a result from `text`, and whether it failed from `error`. */
function bareOf(result: object): object {
  if (!('content' in result)) return result;
  // Nothing else that is answered here has content.
  const { content, isError, ...rest } = result as ToolResult;
  const text = content.flatMap((item) => (typeof item['text'] === 'string' ? [item['text']] : [])).join('\n');
  return {
    content,
    ...rest,
    isError: isError === true,
    text,
    ...(isError === true ? { error: { code: RPC.server, message: text } } : {}),
  };
}
