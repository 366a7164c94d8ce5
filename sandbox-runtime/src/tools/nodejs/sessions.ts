import { randomUUID } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';

import { NodeSession, type SessionOptions } from './session.ts';

/** Ends that are due within this time may wait for each other. */
const SWEEP_MS = 5000;

/** The sessions by id; those that nobody used for their idle time end. */
export class NodeSessions {
  readonly #max: number;
  readonly #sessions = new Map<string, NodeSession>();
  #sweeper: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(max: number) {
    this.#max = max;
  }

  find(id: string): NodeSession | undefined {
    return this.#sessions.get(id);
  }

  /** @throws ApiError SESSION_NOT_FOUND with the message that clients look for. */
  get(id: string): NodeSession {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
    return session;
  }

  list(): readonly NodeSession[] {
    return [...this.#sessions.values()];
  }

  /** @throws ApiError SESSION_LIMIT when all sessions are busy. */
  create(options: Omit<SessionOptions, 'id'> & { readonly id?: string | undefined }): NodeSession {
    if (this.#isClosed) throw new ApiError('NOT_READY', { message: 'The sandbox is stopping.', retryAfterSeconds: 5 });
    this.#makeRoom();
    const session = new NodeSession({ ...options, id: options.id ?? randomUUID() });
    this.#sessions.set(session.id, session);
    this.#sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return session;
  }

  async close(id: string): Promise<void> {
    const session = this.get(id);
    this.#sessions.delete(id);
    await session.close();
  }

  /** Closes it unless that has been done already: its id may be another's by now. */
  async remove(session: NodeSession): Promise<void> {
    if (this.#sessions.get(session.id) === session) await this.close(session.id);
  }

  async closeAll(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    const sessions = this.list();
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.close()));
  }

  sweep(now = Date.now()): void {
    for (const session of this.list()) {
      if (!session.isBusy && now - session.lastUsedAt > session.maxIdleSeconds * 1000) void this.close(session.id);
    }
  }

  /** The session that nobody used for longest gives way; where all are busy, the caller is refused. */
  #makeRoom(): void {
    if (this.#sessions.size < this.#max) return;
    const [oldest] = this.list()
      .filter(({ isBusy }) => !isBusy)
      .toSorted((a, b) => a.lastUsedAt - b.lastUsedAt);
    if (oldest === undefined)
      throw new ApiError('SESSION_LIMIT', { message: `All ${this.#max} Node.js sessions are busy.`, retryAfterSeconds: 5 });
    void this.close(oldest.id);
  }
}
