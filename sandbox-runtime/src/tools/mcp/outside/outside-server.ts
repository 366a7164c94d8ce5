import type { Environment } from '../../../config.ts';
import { cut, type ToolResult } from '../calls/tool-result.ts';
import type { ListedTool } from '../catalog/listed-tool.ts';
import type { Arguments } from '../catalog/tool-definition.ts';
import { connect, type Connection } from './connect.ts';
import type { ServerEntry } from './servers-file.ts';

export interface OutsideServerOptions {
  readonly name: string;
  readonly entry: ServerEntry;
  readonly env: Environment;
  readonly workspace: string;
  readonly startMs: number;
  readonly callMs: number;
  readonly idleMs: number;
  /** Characters of each text in a result. */
  readonly limit: number;
  readonly onChange: () => void;
}

export interface OutsideCall {
  readonly args: Arguments;
  readonly signal: AbortSignal;
  readonly onProgress?: ((message: string) => void) | undefined;
}

const MAX_TOOLS = 256;
const MAX_PAGES = 32;

/** One server of the user's: started on first use, stopped when idle, started again after it has ended. */
export class OutsideServer {
  readonly #options: OutsideServerOptions;
  #connection: Promise<Connection> | undefined;
  #tools: readonly ListedTool[] | undefined;
  #calls = 0;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;
  failure: { readonly message: string; readonly at: number } | undefined;

  constructor(options: OutsideServerOptions) {
    this.#options = options;
  }

  /** What is known without starting anything. */
  get knownTools(): readonly ListedTool[] | undefined {
    return this.#tools;
  }

  /** @throws Error when it does not start */
  async tools(): Promise<readonly ListedTool[]> {
    return this.#tools ?? this.#use(async () => this.#tools ?? []);
  }

  /** @throws Error when it does not start, ends meanwhile, or answers with an error */
  call(tool: string, { args, signal, onProgress }: OutsideCall): Promise<ToolResult> {
    return this.#use(async ({ client, sdk, lastWords }) => {
      // The SDK listens for ever, and would tell the server of calls that were over long before.
      const given = new AbortController();
      const giveUp = () => given.abort(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        signal.throwIfAborted();
        const result = await client.request(
          { method: 'tools/call', params: { name: tool, arguments: { ...args } } },
          sdk.types.CallToolResultSchema,
          {
            signal: given.signal,
            timeout: this.#options.callMs,
            resetTimeoutOnProgress: true,
            ...(onProgress === undefined
              ? {}
              : { onprogress: ({ message, progress }) => onProgress(message ?? `${progress} done`) }),
          },
        );
        return bounded(result, this.#options.limit);
      } catch (error) {
        signal.throwIfAborted();
        if (client.transport === undefined)
          throw new Error(`The server ended during the call. ${lastWords()}.`, { cause: error });
        throw error;
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    });
  }

  /** Ends it now; a later call starts it again. */
  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then(({ close }) => close()).catch(() => {});
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.stop();
  }

  async #use<T>(action: (connection: Connection) => Promise<T>): Promise<T> {
    this.#calls += 1;
    clearTimeout(this.#idle);
    try {
      const connection = await this.#connected();
      this.#tools ??= await this.#list();
      return await action(connection);
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#idle = setTimeout(() => void this.stop(), this.#options.idleMs).unref();
    }
  }

  #connected(): Promise<Connection> {
    if (this.#isClosed) return Promise.reject(new Error('The server is not in the file any more.'));
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  #connect(): Promise<Connection> {
    const { entry, env, workspace, startMs } = this.#options;
    const onToolsChanged = () => {
      this.#list()
        .then((tools) => {
          this.#tools = tools;
          this.#options.onChange();
        })
        // It ended meanwhile; what it has now is asked when it is used again.
        .catch(() => {});
    };
    const connection = connect({ entry, env, workspace, timeoutMs: startMs, onToolsChanged });
    connection.then(
      ({ client }) => {
        this.failure = undefined;
        // It is no event target.
        // oxlint-disable-next-line unicorn/prefer-add-event-listener
        client.onclose = () => this.#forget(connection);
      },
      (error: unknown) => {
        this.failure = { message: error instanceof Error ? error.message : String(error), at: Date.now() };
        this.#forget(connection);
      },
    );
    return connection;
  }

  #forget(connection: Promise<Connection>): void {
    if (this.#connection === connection) this.#connection = undefined;
  }

  async #list(): Promise<readonly ListedTool[]> {
    const { client, sdk } = await this.#connected();
    const tools: ListedTool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES && tools.length < MAX_TOOLS; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      const result = await client.request({ method: 'tools/list', params }, sdk.types.ListToolsResultSchema, {
        timeout: this.#options.startMs,
      });
      // The schema of the SDK has checked what our contract says of a tool.
      tools.push(...(result.tools as unknown as ListedTool[]));
      cursor = result.nextCursor;
      if (cursor === undefined) break;
    }
    this.#tools = tools.slice(0, MAX_TOOLS);
    return this.#tools;
  }
}

function bounded(
  result: { readonly content: readonly object[]; readonly structuredContent?: unknown },
  limit: number,
): ToolResult {
  // Checked by the schema of the SDK, which knows more kinds of content than need be told apart here.
  const { structuredContent, ...rest } = result as unknown as ToolResult;
  const content = rest.content.map((item) =>
    typeof item['text'] === 'string' ? { ...item, text: cut(item['text'], limit) } : item,
  );
  const fits = structuredContent !== undefined && JSON.stringify(structuredContent).length <= limit;
  return { ...rest, content, ...(fits ? { structuredContent } : {}) };
}
