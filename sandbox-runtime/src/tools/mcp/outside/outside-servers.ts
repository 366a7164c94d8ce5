import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';

import { ApiError } from '@sandfleet/contract';
import type { Logger } from '@sandfleet/server-kit';

import { errorResult, type ToolResult } from '../calls/tool-result.ts';
import type { ListedTool } from '../catalog/listed-tool.ts';
import { OutsideServer, type OutsideCall, type OutsideServerOptions } from './outside-server.ts';
import { NO_SERVERS, readServersFile, type ServerEntry, type ServersFile } from './servers-file.ts';

export interface OutsideServersOptions extends Omit<OutsideServerOptions, 'name' | 'entry' | 'onChange'> {
  readonly path: string;
  readonly isTaken: (server: string) => boolean;
  readonly log: Logger;
}

export interface OutsideTool {
  readonly server: string;
  readonly tool: string;
}

/** A list of all tools waits no longer for servers that start; those that come later are announced. */
const LIST_WAIT_MS = 5000;
/** A server that did not start is not started again for a list so soon. */
const RETRY_MS = 30_000;
const MAX_NAME_LENGTH = 128;

/** The servers of mcp-servers.json. The file is looked at on every use: a change counts at once. */
export class OutsideServers {
  readonly #options: OutsideServersOptions;
  readonly #servers = new Map<string, { readonly entry: ServerEntry; readonly server: OutsideServer }>();
  readonly #listeners = new Set<() => void>();
  #file: ServersFile = NO_SERVERS;
  #stamp: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  #clashes: readonly string[] = [];
  #isClosed = false;

  constructor(options: OutsideServersOptions) {
    this.#options = options;
  }

  /** Told when there are other tools than before. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async names(): Promise<{ readonly names: readonly string[]; readonly disabled: readonly string[] }> {
    await this.#refresh();
    return { names: [...this.#servers.keys()], disabled: this.#file.disabled };
  }

  /** What is wrong with the file and its servers, for people. */
  problem(): string | undefined {
    const failed = [...this.#servers].flatMap(([name, { server }]) =>
      server.failure === undefined ? [] : [`${name}: ${server.failure.message}`],
    );
    const all = [...this.#file.problems, ...this.#clashes, ...failed];
    return all.length === 0 ? undefined : `mcp-servers.json: ${all.join('; ')}`.slice(0, 4000);
  }

  /** All tools, each with the name of its server before its own. */
  async list(owns: (name: string) => boolean): Promise<readonly ListedTool[]> {
    await this.#refresh();
    await this.#startUnknown();
    const tools = new Map<string, ListedTool>();
    const clashes: string[] = [];
    for (const [name, { server }] of this.#servers) {
      for (const tool of server.knownTools ?? []) {
        const full = `${name}_${tool.name}`;
        if (full.length > MAX_NAME_LENGTH || owns(full) || tools.has(full))
          clashes.push(`${full} is the name of another tool, or too long`);
        else tools.set(full, { ...tool, name: full });
      }
    }
    this.#clashes = clashes.slice(0, 20);
    return [...tools.values()];
  }

  /** @throws ApiError MCP_SERVER_NOT_FOUND, UPSTREAM_FAILED */
  async toolsOf(name: string): Promise<readonly ListedTool[]> {
    await this.#refresh();
    const known = this.#servers.get(name);
    if (known === undefined)
      throw new ApiError('MCP_SERVER_NOT_FOUND', { message: `There is no MCP server ${name.slice(0, 64)}.` });
    return known.server.tools().catch((error: unknown) => {
      throw new ApiError('UPSTREAM_FAILED', { message: startFailure(name, error), cause: error });
    });
  }

  /** The server and its own name of a tool; a server that can't be asked may have it, and tells when it is called. */
  async resolve(name: string, only?: string): Promise<OutsideTool | undefined> {
    // No tool is called so, and a name that nobody checks goes into the log.
    if (name.length > 2 * MAX_NAME_LENGTH) return undefined;
    await this.#refresh();
    for (const [server, { server: outside }] of this.#servers) {
      if (only !== undefined && only !== server) continue;
      const short = name.startsWith(`${server}_`) ? name.slice(server.length + 1) : undefined;
      const candidates = [short, ...(only === server ? [name] : [])].filter((candidate) => candidate !== undefined);
      if (candidates.length === 0) continue;
      const tools = await outside.tools().catch(() => undefined);
      const tool = candidates.find((candidate) => tools?.some((listed) => listed.name === candidate) ?? true);
      if (tool !== undefined) return { server, tool };
    }
    return undefined;
  }

  async call({ server, tool }: OutsideTool, call: OutsideCall): Promise<ToolResult> {
    const known = this.#servers.get(server);
    if (known === undefined) return errorResult(`There is no MCP server ${server} any more.`);
    try {
      return await known.server.call(tool, call);
    } catch (error) {
      call.signal.throwIfAborted();
      return errorResult(
        known.server.failure === undefined ? `MCP server ${server}: ${messageOf(error)}` : startFailure(server, error),
      );
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading;
    await Promise.all([...this.#servers.values()].map(({ server }) => server.close()));
  }

  async #startUnknown(): Promise<void> {
    const unknown = [...this.#servers.values()].filter(
      ({ server }) => server.knownTools === undefined && Date.now() - (server.failure?.at ?? 0) > RETRY_MS,
    );
    if (unknown.length === 0) return;
    let isLate = false;
    const all = Promise.all(
      unknown.map(({ server }) =>
        server.tools().then(
          () => isLate && this.#announce(),
          () => undefined,
        ),
      ),
    );
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([all, new Promise((resolve) => (timer = setTimeout(resolve, LIST_WAIT_MS)))]);
    clearTimeout(timer);
    isLate = true;
  }

  /** One after the other: two readers would both start servers. */
  #refresh(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { path, isTaken, log } = this.#options;
    const stamp = await stampOf(path);
    if (stamp === this.#stamp || this.#isClosed) return;
    const isFirst = this.#stamp === undefined;
    this.#stamp = stamp;
    this.#file = await readServersFile(path, isTaken);
    for (const problem of this.#file.problems) log.warn({ path, problem }, 'mcp-servers.json is not as it should be');
    for (const [name, { entry, server }] of this.#servers) {
      if (isDeepStrictEqual(this.#file.servers.get(name), entry)) continue;
      this.#servers.delete(name);
      void server.close();
    }
    const known = new Map(this.#servers);
    this.#servers.clear();
    // In the order of the file, which decides between tools of one name.
    for (const [name, entry] of this.#file.servers)
      this.#servers.set(name, known.get(name) ?? { entry, server: this.#create(name, entry) });
    if (!isFirst) this.#announce();
  }

  #create(name: string, entry: ServerEntry): OutsideServer {
    return new OutsideServer({ ...this.#options, name, entry, onChange: () => this.#announce() });
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Changes whenever the file does. */
async function stampOf(path: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch {
    return 'none';
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const startFailure = (name: string, error: unknown): string => `MCP server ${name} did not start: ${messageOf(error)}`;
