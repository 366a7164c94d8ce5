import { randomUUID } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';

import type { Config } from '../../../config.ts';
import type { Caller } from '../calls/caller.ts';
import type { Hub } from '../hub.ts';
import { loadServerSdk, type ServerSdk } from '../sdk.ts';
import { McpSession } from './mcp-session.ts';
import { ReplayLog } from './replay-log.ts';

export interface McpSessionsOptions {
  readonly hub: Hub;
  readonly config: Config;
}

interface Loaded {
  readonly sdk: ServerSdk;
  readonly validator: InstanceType<ServerSdk['AjvJsonSchemaValidator']>;
}

const MOST_OFTEN_MS = 1000;
const LEAST_OFTEN_MS = 15_000;

/** The sessions of MCP clients, by id. Nothing of them is there before the first. */
export class McpSessions {
  readonly #options: McpSessionsOptions;
  readonly #sessions = new Map<string, McpSession>();
  readonly #replay: ReplayLog;
  #loading: Promise<Loaded> | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #isClosed = false;

  constructor(options: McpSessionsOptions) {
    this.#options = options;
    this.#replay = new ReplayLog(options.config.MCP_REPLAY_BYTES);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @throws ApiError SESSION_NOT_FOUND, also for a session that somebody else began: it tells nothing of those of others. */
  get(id: string, caller: Caller): McpSession {
    const session = this.#sessions.get(id);
    if (session === undefined || session.owner !== caller.subject)
      throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
    return session;
  }

  /** @throws ApiError SESSION_LIMIT */
  async create(caller: Caller): Promise<McpSession> {
    const { sdk, validator } = await this.#load();
    this.#makeRoom();
    const id = randomUUID();
    const session = new McpSession({
      id,
      hub: this.#options.hub,
      sdk,
      validator,
      replay: this.#replay,
      onEnd: () => void this.end(id),
    });
    session.owner = caller.subject;
    this.#sessions.set(id, session);
    await session.open();
    if (this.#isClosed) await this.end(id);
    this.#watch();
    return session;
  }

  async end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    await session?.close();
    if (this.#sessions.size === 0) this.#unwatch();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unwatch();
    await Promise.all([...this.#sessions.keys()].map((id) => this.end(id)));
  }

  async #load(): Promise<Loaded> {
    this.#loading ??= loadServerSdk().then((sdk) => ({ sdk, validator: new sdk.AjvJsonSchemaValidator() }));
    return this.#loading;
  }

  /** Clients that went away without a word are the rule: the one unused for longest gives way, if nothing of it is under way. */
  #makeRoom(): void {
    const { MAX_MCP_SESSIONS: most } = this.#options.config;
    if (this.#sessions.size < most) return;
    const [oldest] = [...this.#sessions.values()]
      .filter(({ exchanges, isBusy }) => exchanges === 0 && !isBusy)
      .toSorted((a, b) => a.lastUsedAt - b.lastUsedAt);
    if (oldest === undefined) {
      throw new ApiError('SESSION_LIMIT', { message: `All ${most} MCP sessions are in use.`, retryAfterSeconds: 30 });
    }
    void this.end(oldest.id);
  }

  #watch(): void {
    if (this.#isClosed) return;
    const { MCP_SESSION_IDLE_SECONDS: idle, MCP_ORPHAN_SECONDS: orphan } = this.#options.config;
    const often = Math.min(LEAST_OFTEN_MS, Math.max(MOST_OFTEN_MS, (Math.min(idle, orphan) * 1000) / 4));
    this.#sweeper ??= setInterval(() => this.#sweep(), often).unref();
    this.#unlisten ??= this.#options.hub.outside.onChange(() => this.#announceTools());
  }

  #unwatch(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #sweep(): void {
    const { MCP_SESSION_IDLE_SECONDS: idle, MCP_ORPHAN_SECONDS: orphan } = this.#options.config;
    for (const session of this.#sessions.values()) {
      if (session.exchanges > 0) continue;
      const unused = (Date.now() - session.lastUsedAt) / 1000;
      if (unused >= orphan) session.abandonCalls('The client has gone away.');
      if (unused >= idle) void this.end(session.id);
    }
  }

  #announceTools(): void {
    // A client that is not connected asks again by itself when it comes back.
    for (const session of this.#sessions.values()) session.announceTools().catch(() => {});
  }
}
