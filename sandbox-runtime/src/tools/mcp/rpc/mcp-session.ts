import type { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { CallToolRequest, ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';

import type { Caller } from '../calls/caller.ts';
import { RpcError, toRpcError } from './json-rpc.ts';
import { asObject } from '../catalog/tool-definition.ts';
import type { Hub } from '../hub.ts';
import type { ServerSdk } from '../sdk.ts';
import { Progress } from './progress.ts';
import type { ReplayLog } from './replay-log.ts';
import { CAPABILITIES, INSTRUCTIONS, SERVER_INFO } from './server-info.ts';

export interface McpSessionOptions {
  readonly id: string;
  readonly hub: Hub;
  readonly sdk: ServerSdk;
  readonly validator: InstanceType<ServerSdk['AjvJsonSchemaValidator']>;
  readonly replay: ReplayLog;
  /** The client said goodbye. */
  readonly onEnd: () => void;
}

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** One client's session: what it asks for goes to the hub as the caller of the request that asked. */
export class McpSession {
  readonly id: string;
  /** Who began it; nobody else may go on with it. */
  owner: string | undefined;
  lastUsedAt = Date.now();
  /** HTTP requests of it that are not answered to their end. */
  exchanges = 0;
  readonly #server: Server;
  readonly #transport: WebStandardStreamableHTTPServerTransport;
  readonly #events: ReturnType<ReplayLog['session']>;
  readonly #calls = new Set<AbortController>();

  constructor({ id, hub, sdk, validator, replay, onEnd }: McpSessionOptions) {
    const { Server, WebStandardStreamableHTTPServerTransport, types } = sdk;
    this.id = id;
    this.#events = replay.session();
    this.#transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessionclosed: onEnd,
      eventStore: this.#events,
      retryInterval: 1000,
    });
    this.#server = new Server(SERVER_INFO, {
      capabilities: CAPABILITIES,
      instructions: INSTRUCTIONS,
      jsonSchemaValidator: validator,
    });
    this.#server.setRequestHandler(types.ListToolsRequestSchema, async (_, { authInfo }) => ({
      // The contract's tool is the SDK's, described by other types.
      tools: (await hub.list(callerIn(authInfo).view)) as never[],
    }));
    this.#server.setRequestHandler(types.CallToolRequestSchema, async ({ params }, extra) => {
      const result = await this.#call(hub, params, extra);
      // The same as above.
      return result as never;
    });
  }

  async open(): Promise<void> {
    // Its types allow an undefined where the interface leaves the property out.
    await this.#server.connect(this.#transport as Transport);
  }

  handle(request: Request, { body, caller }: { readonly body: unknown; readonly caller: Caller }): Promise<Response> {
    this.lastUsedAt = Date.now();
    return this.#transport.handleRequest(request, {
      parsedBody: body,
      // What the SDK hands through to the handlers; the guard has looked at the credential long before.
      authInfo: { token: '', clientId: caller.subject ?? '', scopes: [], extra: { caller } },
    });
  }

  get isBusy(): boolean {
    return this.#calls.size > 0;
  }

  /** Ends what nobody waits for any more. */
  abandonCalls(reason: string): void {
    for (const call of this.#calls) call.abort(new Error(reason));
  }

  async announceTools(): Promise<void> {
    await this.#server.sendToolListChanged();
  }

  async close(): Promise<void> {
    this.abandonCalls('The MCP session has ended.');
    this.#events.end();
    await this.#server.close();
    // The answers of the calls that were ended came after.
    this.#events.end();
  }

  async #call(hub: Hub, { name, arguments: args }: CallToolRequest['params'], extra: Extra) {
    const abandoned = new AbortController();
    this.#calls.add(abandoned);
    const caller = callerIn(extra.authInfo);
    const progress = new Progress(extra._meta?.progressToken, (notification) => extra.sendNotification(notification));
    try {
      return await hub.call({
        name,
        args: asObject(args),
        caller,
        signal: AbortSignal.any([extra.signal, abandoned.signal]),
        onProgress: progress.isWanted ? (message) => progress.tell(message) : undefined,
      });
    } catch (error) {
      if (abandoned.signal.aborted) throw new RpcError(-32_000, String(abandoned.signal.reason));
      throw toRpcError(error);
    } finally {
      this.#calls.delete(abandoned);
      progress.end();
      this.lastUsedAt = Date.now();
    }
  }
}

function callerIn(authInfo: Extra['authInfo']): Caller {
  // handle() put it there for every message.
  return authInfo?.extra?.['caller'] as Caller;
}
