import { randomUUID } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';

import type { Commands } from './commands.ts';
import { BashSession } from './session.ts';

export interface BashSessionsOptions {
  readonly commands: Commands;
  readonly workspace: string;
  readonly maxSessions: number;
  readonly maxFinished: number;
}

export interface OpenOptions {
  readonly id?: string | undefined;
  /** Absolute, and there. */
  readonly directory?: string | undefined;
  readonly snapshot?: string | undefined;
}

/** The bash sessions of the sandbox, by id. */
export class BashSessions {
  readonly #options: BashSessionsOptions;
  readonly #sessions = new Map<string, BashSession>();

  constructor(options: BashSessionsOptions) {
    this.#options = options;
  }

  /** @throws ApiError SESSION_NOT_FOUND with the message that clients look for. */
  get(id: string): BashSession {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
    return session;
  }

  list(): readonly BashSession[] {
    return [...this.#sessions.values()];
  }

  /** The session of this id, made when it is not there yet; what is given replaces what it had. */
  open({ id, directory, snapshot }: OpenOptions): BashSession {
    // Stock clients send no id, or an empty one, for a session that they do not name.
    const known = this.#sessions.get(id ?? '');
    if (known !== undefined) {
      known.directory = directory ?? known.directory;
      known.snapshot = snapshot ?? known.snapshot;
      return known;
    }
    this.#makeRoom();
    const { commands, workspace, maxFinished } = this.#options;
    const session = new BashSession({
      id: id === undefined || id === '' ? randomUUID() : id,
      directory: directory ?? workspace,
      snapshot,
      commands,
      maxFinished,
    });
    this.#sessions.set(session.id, session);
    return session;
  }

  async close(id: string): Promise<number> {
    const session = this.get(id);
    this.#sessions.delete(id);
    return session.close();
  }

  /** The idle session that nobody used for longest gives way, one with programs in the background last. */
  #makeRoom(): void {
    if (this.#sessions.size < this.#options.maxSessions) return;
    const [oldest] = this.list()
      .filter(({ isBusy }) => !isBusy)
      .toSorted((a, b) => Number(a.hasBackground) - Number(b.hasBackground) || a.lastUsedAt.getTime() - b.lastUsedAt.getTime());
    if (oldest === undefined)
      throw new ApiError('SESSION_LIMIT', {
        message: `All ${this.#options.maxSessions} bash sessions are busy.`,
        retryAfterSeconds: 5,
      });
    this.#sessions.delete(oldest.id);
    void oldest.close();
  }
}
