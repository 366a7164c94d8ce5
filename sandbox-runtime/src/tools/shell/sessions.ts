import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';

import { ApiError } from '@sandfleet/contract';

import type { Environment } from '../../config.ts';
import { ShellSession } from './session.ts';

const ACTIVE_MS = 5 * 60 * 1000;

export interface ShellSessionsOptions {
  readonly env: Environment;
  readonly workspace: string;
  readonly maxSessions: number;
}

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
  readonly #sessions = new Map<string, ShellSession>();

  constructor(options: ShellSessionsOptions) {
    this.#options = options;
  }

  /** @throws ApiError SESSION_NOT_FOUND with the message that clients look for. */
  get(id: string): ShellSession {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
    return session;
  }

  list(): ReadonlyMap<string, ShellSession> {
    return this.#sessions;
  }

  /** The session of this id, made when it is not there yet. */
  async open(options: CreateOptions = {}): Promise<ShellSession> {
    const id = options.id ?? randomUUID();
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    await this.#makeRoom();
    const session = new ShellSession({
      id,
      directory: await this.#existing(options.directory),
      env: this.#options.env,
      physical: options.physical ?? true,
      noChangeTimeoutSeconds: options.noChangeTimeoutSeconds,
    });
    // Another call may have made it while the directory was looked at.
    const raced = this.#sessions.get(id);
    if (raced !== undefined) return raced;
    this.#sessions.set(id, session);
    await session.open().catch(async (error: unknown) => {
      this.#sessions.delete(id);
      throw error;
    });
    return session;
  }

  async close(id: string): Promise<void> {
    const session = this.get(id);
    this.#sessions.delete(id);
    await session.close();
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

  /** The session that nobody used for longest gives way; where all are busy, the caller is refused. */
  async #makeRoom(): Promise<void> {
    if (this.#sessions.size < this.#options.maxSessions) return;
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

  async #existing(directory: string | undefined): Promise<string> {
    if (directory !== undefined && (await isDirectory(directory))) return directory;
    return (await isDirectory(this.#options.workspace)) ? this.#options.workspace : '/';
  }
}

export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
