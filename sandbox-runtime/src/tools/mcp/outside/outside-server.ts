import { setTimeout as pause } from 'node:timers/promises';

import type { Environment } from '../../../config.ts';
import type { ToolResult } from '../calls/tool-result.ts';
import type { ListedTool } from '../catalog/listed-tool.ts';
import type { Arguments } from '../catalog/tool-definition.ts';
import { boundedResult } from './bounded-result.ts';
import { connect, type Connection } from './connect.ts';
import { listTools } from './list-tools.ts';
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

/** However often a server says that it has other tools, it is asked for them no sooner again. */
const LEAST_PAUSE_MS = 250;
/** A server that is busy answers a ping all the same. */
const PING_MS = 10_000;

/** One server of the user's: started on first use, stopped when idle, started again after it has ended. */
export class OutsideServer {
  readonly #options: OutsideServerOptions;
  #connection: Promise<Connection> | undefined;
  #tools: readonly ListedTool[] | undefined;
  #calls = 0;
  #idle: NodeJS.Timeout | undefined;
  /** Other tools were told of and are not asked for yet; undefined when nothing is under way. */
  #others: 'told' | 'asked' | undefined;
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
    return this.#use(async (connection) => {
      const { client, sdk, lastWords } = connection;
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
        return boundedResult(result, this.#options.limit);
      } catch (error) {
        signal.throwIfAborted();
        if (client.transport === undefined)
          throw new Error(`The server ended during the call. ${lastWords()}.`, { cause: error });
        if (isTimeout(error)) void this.#endWhenStuck(connection);
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
      return await this.#tried(action);
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#idle = setTimeout(() => void this.stop(), this.#options.idleMs).unref();
    }
  }

  async #tried<T>(action: (connection: Connection) => Promise<T>, isSecond = false): Promise<T> {
    const connection = await this.#connected();
    try {
      this.#tools ??= await this.#list(connection);
      return await action(connection);
    } catch (error) {
      // A server that was started anew knows nothing of a session of before, and has done nothing of what it was asked.
      if (isSecond || !connection.isUnknownSession(error)) throw error;
      await this.#drop(connection);
      return this.#tried(action, true);
    }
  }

  #connected(): Promise<Connection> {
    if (this.#isClosed) return Promise.reject(new Error('The server is not in the file any more.'));
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  #connect(): Promise<Connection> {
    const { entry, env, workspace, startMs } = this.#options;
    const onToolsChanged = () => void this.#listOthers();
    const connection = connect({ entry, env, workspace, timeoutMs: startMs, onToolsChanged });
    connection.then(
      ({ client }) => {
        this.failure = undefined;
        // It is no event target.
        // oxlint-disable-next-line unicorn/prefer-add-event-listener
        client.onclose = () => this.#forget(connection);
      },
      (error: unknown) => {
        this.#fail(error);
        this.#forget(connection);
      },
    );
    return connection;
  }

  #forget(connection: Promise<Connection>): void {
    if (this.#connection === connection) this.#connection = undefined;
  }

  #fail(error: unknown): void {
    this.failure = { message: error instanceof Error ? error.message : String(error), at: Date.now() };
  }

  /** Closes this connection and no later one. */
  async #drop(connection: Connection): Promise<void> {
    const current = await this.#connection?.catch(() => undefined);
    if (current === connection) await this.stop();
  }

  /** One that does not even answer a ping would let every later call wait as long. */
  async #endWhenStuck(connection: Connection): Promise<void> {
    try {
      await connection.client.ping({ timeout: PING_MS });
    } catch (error) {
      if (isTimeout(error)) await this.#drop(connection);
    }
  }

  async #list(connection: Connection): Promise<readonly ListedTool[]> {
    try {
      const tools = await listTools(connection, this.#options.startMs);
      this.failure = undefined;
      return tools;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  async #listOthers(): Promise<void> {
    const isUnderWay = this.#others !== undefined;
    this.#others = 'told';
    if (isUnderWay) return;
    try {
      while (this.#others === 'told') {
        await pause(LEAST_PAUSE_MS, undefined, { ref: false });
        this.#others = 'asked';
        this.#tools = await this.#list(await this.#connected());
        this.#options.onChange();
      }
    } catch {
      // It ended meanwhile; what it has now is asked when it is used again.
    } finally {
      this.#others = undefined;
    }
  }
}

/** The SDK's own code for a request that nobody answered. */
const REQUEST_TIMEOUT = -32_001;

const isTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === REQUEST_TIMEOUT;
