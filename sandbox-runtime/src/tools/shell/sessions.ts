import { randomUUID } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';

import type { Environment } from '../../config.ts';
import { isDirectory } from '../../is-directory.ts';
import { ShellSession } from './session.ts';
import { TerminalSession } from './terminal-session.ts';

const ACTIVE_MS = 5 * 60 * 1000;

export interface ShellSessionsOptions {
  readonly env: Environment;
  readonly workspace: string;
  readonly maxSessions: number;
  /** Seconds without viewers after which a terminal ends. */
  readonly terminalIdleSeconds: number;
}

/** One for the commands of API calls, or one for people, with a prompt. */
export type Session = ShellSession | TerminalSession;

export interface CreateOptions {
  readonly id?: string | undefined;
  /** An absolute directory; one that does not exist gives way to the workspace. */
  readonly directory?: string | undefined;
  readonly physical?: boolean | undefined;
  readonly noChangeTimeoutSeconds?: number | undefined;
}

/** The shell sessions of the sandbox, by id. */
export class ShellSessions {
  readonly #options: ShellSessionsOptions;
  readonly #sessions = new Map<string, Session>();
  /** Sessions that are on their way and take a place already. */
  #opening = 0;
  #ended = false;

  constructor(options: ShellSessionsOptions) {
    this.#options = options;
  }

  /** @throws ApiError SESSION_NOT_FOUND with the message that clients look for. */
  get(id: string): Session {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
    return session;
  }

  /** @throws ApiError CONFLICT for a terminal: between what is typed and shown there, a command's own output can't be told. */
  forCommands(id: string): ShellSession {
    const session = this.get(id);
    if (session.kind === 'commands') return session;
    throw new ApiError('CONFLICT', {
      message: 'This session is a terminal: type into it with write or its WebSocket, or run commands in a session of their own.',
    });
  }

  list(): ReadonlyMap<string, Session> {
    return this.#sessions;
  }

  /** The session of this id, made when it is not there yet. */
  async open(options: CreateOptions = {}): Promise<Session> {
    const id = options.id ?? randomUUID();
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const session = await this.#inPlace(async () => this.#add(id, await this.#existing(options.directory), options));
    if (session.kind === 'terminal') return session;
    await session.open().catch(async (error: unknown) => {
      this.#sessions.delete(id);
      throw error;
    });
    await this.#refuseLate(session);
    return session;
  }

  /** A new shell with a prompt. */
  async openTerminal(): Promise<TerminalSession> {
    const id = randomUUID();
    const session = await this.#inPlace(async () => {
      const started = await TerminalSession.start({
        id,
        directory: await this.#existing(undefined),
        env: this.#options.env,
        idleMs: this.#options.terminalIdleSeconds * 1000,
        onEnd: () => void this.#sessions.delete(id),
      });
      this.#sessions.set(id, started);
      return started;
    });
    await this.#refuseLate(session);
    return session;
  }

  async close(id: string): Promise<void> {
    const session = this.get(id);
    this.#sessions.delete(id);
    await session.close();
  }

  /** Closes every session, and what is on its way to become one. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.closeAll();
  }

  async closeAll(): Promise<number> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.close()));
    return sessions.length;
  }

  stats(now = Date.now()) {
    const total = this.#sessions.size;
    const active = [...this.#sessions.values()].filter(
      ({ lastUsedAt, isBusy }) => isBusy || now - lastUsedAt.getTime() < ACTIVE_MS,
    ).length;
    const { maxSessions } = this.#options;
    return {
      total_sessions: total,
      active_sessions: active,
      idle_sessions: total - active,
      max_sessions: maxSessions,
      session_timeout: 0,
      usage_ratio: total / maxSessions,
    };
  }

  /** Another call may have made it while the directory was looked at. */
  #add(id: string, directory: string, { physical = true, noChangeTimeoutSeconds }: CreateOptions): Session {
    const raced = this.#sessions.get(id);
    if (raced !== undefined) return raced;
    const session = new ShellSession({ id, directory, env: this.#options.env, physical, noChangeTimeoutSeconds });
    this.#sessions.set(id, session);
    return session;
  }

  /** Keeps a place until `make` has put a session into it. */
  async #inPlace<T>(make: () => Promise<T>): Promise<T> {
    this.#opening += 1;
    try {
      await this.#makeRoom();
      return await make();
    } finally {
      this.#opening -= 1;
    }
  }

  /** The session that nobody used for longest gives way; where all are busy, the caller is refused. */
  async #makeRoom(): Promise<void> {
    if (this.#sessions.size + this.#opening <= this.#options.maxSessions) return;
    const [oldest] = [...this.#sessions.values()]
      .filter(({ isBusy }) => !isBusy)
      .toSorted((a, b) => a.lastUsedAt.getTime() - b.lastUsedAt.getTime());
    if (oldest === undefined) {
      throw new ApiError('SESSION_LIMIT', {
        message: `All ${this.#options.maxSessions} shell sessions are busy.`,
        retryAfterSeconds: 5,
      });
    }
    await this.close(oldest.id);
  }

  async #refuseLate(session: Session): Promise<void> {
    if (!this.#ended) return;
    this.#sessions.delete(session.id);
    await session.close();
    throw new ApiError('NOT_READY', { message: 'The sandbox stops.' });
  }

  async #existing(directory: string | undefined): Promise<string> {
    if (directory !== undefined && (await isDirectory(directory))) return directory;
    return (await isDirectory(this.#options.workspace)) ? this.#options.workspace : '/';
  }
}
