import { ApiError, type Contract, type Operation } from '@sandfleet/contract';
import type { FastifyInstance } from 'fastify';

import type { Config } from '../../config.ts';
import { Slots } from '../../process/slots.ts';
import type { Audit, AuditedCall, Outcome } from './calls/audit.ts';
import type { Caller } from './calls/caller.ts';
import { InnerAborts } from './calls/inner-aborts.ts';
import { runTool } from './calls/run-tool.ts';
import type { ToolResult } from './calls/tool-result.ts';
import { Catalog, operationsOf, serverOf } from './catalog/catalog.ts';
import { listOf, PLAIN_VIEW, searched, type ListedTool, type View } from './catalog/listed-tool.ts';
import { OWN_SERVERS, type Arguments } from './catalog/tool-definition.ts';
import type { OutsideServers } from './outside/outside-servers.ts';

export interface HubOptions {
  readonly app: FastifyInstance;
  readonly config: Config;
  readonly contract: Contract;
  readonly audit: Audit;
  readonly outside: OutsideServers;
}

export interface ToolCall {
  readonly name: string;
  readonly args: Arguments;
  /** Only a tool of this server. */
  readonly server?: string | undefined;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** Told how it goes; not when left out. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** All tools of the sandbox and of the servers that its user added, as one. */
export class Hub {
  readonly #options: HubOptions;
  readonly #slots: Slots;
  readonly #aborts: InnerAborts;
  #known: { readonly catalog: Catalog; readonly operations: ReadonlyMap<string, Operation> } | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#aborts = new InnerAborts(options.app);
    this.#slots = new Slots(options.config.MAX_MCP_CALLS, options.config.MAX_MCP_CALLS);
  }

  get outside(): OutsideServers {
    return this.#options.outside;
  }

  async servers({ includeHidden }: Pick<View, 'includeHidden'>): Promise<readonly string[]> {
    const own = OWN_SERVERS.filter((name) => name !== 'browser' || !this.#options.config.DISABLE_MCP_BROWSER);
    const { names, disabled } = await this.outside.names();
    return [...own, ...names, ...(includeHidden ? ['terminal', 'mcp-server-browser', ...disabled] : [])];
  }

  async list(view: View): Promise<readonly ListedTool[]> {
    const { catalog } = this.#load();
    const outside = await this.outside.list((name) => catalog.owns(name));
    return [...listOf(catalog.list(), view), ...searched(outside, view.search)];
  }

  /** @throws ApiError MCP_SERVER_NOT_FOUND */
  async listOf(server: string): Promise<readonly ListedTool[]> {
    const name = serverOf(server);
    const isOwn = (await this.servers(PLAIN_VIEW)).includes(name) && OWN_SERVERS.some((own) => own === name);
    if (!isOwn) return this.outside.toolsOf(server);
    return listOf(
      this.#load()
        .catalog.list()
        .filter(({ definition }) => definition.server === name),
      PLAIN_VIEW,
    );
  }

  /**
   * @throws ApiError MCP_TOOL_NOT_FOUND, MCP_SERVER_NOT_FOUND, TOO_MANY_REQUESTS
   * @throws the signal's reason when it aborts
   */
  async call(call: ToolCall): Promise<ToolResult> {
    const startedAt = performance.now();
    const { perform, ...found } = await this.#find(call);
    const audited = { ...found, caller: call.caller, startedAt };
    try {
      if (perform === undefined) throw await this.#missing(call);
      const result = await this.#slots.run(call.signal, perform);
      this.#options.audit.record(audited, result.isError === true ? 'error' : 'ok');
      return result;
    } catch (error) {
      this.#options.audit.record(audited, outcomeOf(error, call.signal, perform !== undefined));
      throw error;
    }
  }

  async #find({ name, args, server, caller, signal, onProgress }: ToolCall): Promise<Found> {
    const { catalog, operations } = this.#load();
    const own = catalog.resolve(name, args, server);
    if (own !== undefined) {
      const { app, config } = this.#options;
      const run = {
        app,
        aborts: this.#aborts,
        operations,
        caller,
        signal,
        onOutput: onProgress,
        limit: config.MCP_RESULT_CHARACTERS,
      };
      const { definition } = own.tool;
      const names = { label: definition.name, tool: definition.name, alias: own.alias, server: definition.server };
      return { ...names, perform: () => runTool(own.tool, own.args, run) };
    }
    const other = await this.outside.resolve(name, server);
    if (other === undefined) return { label: 'unknown', tool: 'unknown', server: 'unknown', perform: undefined };
    return {
      label: 'outside',
      tool: other.tool,
      server: other.server,
      perform: () => this.outside.call(other, { args, signal, onProgress }),
    };
  }

  async #missing({ name, server }: ToolCall): Promise<ApiError> {
    if (server !== undefined && !(await this.servers({ includeHidden: true })).includes(server)) {
      return new ApiError('MCP_SERVER_NOT_FOUND', { message: `There is no MCP server ${server.slice(0, 64)}.` });
    }
    return new ApiError('MCP_TOOL_NOT_FOUND', { message: `There is no tool ${name.slice(0, 128)}; tools/list has the names.` });
  }

  /** An idle sandbox never makes the tools. */
  #load() {
    const { contract, config } = this.#options;
    this.#known ??= {
      catalog: new Catalog({ contract, browser: !config.DISABLE_MCP_BROWSER }),
      operations: operationsOf(contract),
    };
    return this.#known;
  }
}

interface Found extends Omit<AuditedCall, 'caller' | 'startedAt'> {
  readonly perform: (() => Promise<ToolResult>) | undefined;
}

function outcomeOf(error: unknown, signal: AbortSignal, isKnown: boolean): Outcome {
  if (!isKnown) return 'unknown_tool';
  if (signal.aborted) return 'cancelled';
  return error instanceof ApiError && error.code === 'TOO_MANY_REQUESTS' ? 'refused' : 'error';
}
