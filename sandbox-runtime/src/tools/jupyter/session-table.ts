import { ApiError } from '@sandfleet/contract';

import type { KernelSession } from './session.ts';

/** Ids of ended sessions that are remembered, to tell those who come back why their variables are gone. */
const MAX_ENDS = 256;

export type Kind =
  /** Its id is the caller's. */
  | 'named'
  /** Its id was made here; whether anyone will use it is not known. */
  | 'unnamed'
  /** It ends with its only code. */
  | 'passing';

export interface SessionTableOptions {
  readonly maxSessions: number;
  readonly maxUnnamed: number;
  readonly timeoutSeconds: number;
}

/** The sessions by id, and which of them goes when there are too many. */
export class SessionTable {
  readonly #options: SessionTableOptions;
  readonly #sessions = new Map<string, KernelSession>();
  readonly #unnamed = new Set<KernelSession>();
  readonly #passing = new Set<KernelSession>();
  readonly #closing = new Set<Promise<void>>();
  readonly #ends = new Map<string, string>();

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  /** Those that a caller can come back to. */
  get named(): ReadonlyMap<string, KernelSession> {
    return this.#sessions;
  }

  get size(): number {
    return this.#sessions.size + this.#passing.size;
  }

  /** @throws ApiError SESSION_LIMIT when every session is busy. */
  add(session: KernelSession, kind: Kind): void {
    if (kind === 'unnamed') this.#dropUnnamed();
    if (this.size >= this.#options.maxSessions) this.#makeRoom();
    if (kind === 'passing') this.#passing.add(session);
    else this.#sessions.set(session.id, session);
    if (kind === 'unnamed') this.#unnamed.add(session);
  }

  /** Why an earlier session of this id is gone; told once. */
  takeEnd(id: string): string | undefined {
    const end = this.#ends.get(id);
    this.#ends.delete(id);
    return end;
  }

  expire(now: number): void {
    const { timeoutSeconds } = this.#options;
    for (const session of this.#sessions.values())
      if (!session.isBusy && now - session.lastUsedAt >= timeoutSeconds * 1000)
        this.#end(session, `it was not used for ${timeoutSeconds} seconds`);
  }

  async close(session: KernelSession): Promise<void> {
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
    this.#unnamed.delete(session);
    const closing = session.close().finally(() => {
      this.#passing.delete(session);
      this.#closing.delete(closing);
    });
    this.#closing.add(closing);
    await closing;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#sessions.values(), ...this.#passing].map((session) => this.close(session)));
    await Promise.all(this.#closing);
  }

  /** Code without an id leaves a session behind each time, and few callers ever come back to one. */
  #dropUnnamed(): void {
    const idle = [...this.#unnamed].filter(({ isBusy, uses }) => !isBusy && uses <= 1);
    if (idle.length < this.#options.maxUnnamed) return;
    const oldest = leastRecent(idle);
    if (oldest !== undefined) this.#end(oldest, 'it gave way to newer sessions without an id of the caller');
  }

  #makeRoom(): void {
    const oldest = leastRecent([...this.#sessions.values()].filter(({ isBusy }) => !isBusy));
    if (oldest === undefined)
      throw new ApiError('SESSION_LIMIT', {
        message: `All ${this.#options.maxSessions} kernel sessions are busy.`,
        retryAfterSeconds: 5,
      });
    this.#end(oldest, 'it gave way to a newer session');
  }

  #end(session: KernelSession, reason: string): void {
    this.#ends.set(session.id, `The earlier session of this id has ended, ${reason}; this one begins without its variables.`);
    const [first] = this.#ends.keys();
    if (this.#ends.size > MAX_ENDS && first !== undefined) this.#ends.delete(first);
    void this.close(session);
  }
}

const leastRecent = (sessions: readonly KernelSession[]): KernelSession | undefined =>
  sessions.toSorted((a, b) => a.lastUsedAt - b.lastUsedAt)[0];
