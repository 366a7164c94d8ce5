import { isReady, type StoredSandbox } from './sandbox-view.ts';
import type { SandboxStore } from './sandbox-store.ts';

export interface WaitOptions {
  readonly seconds: number;
  /** Ends the wait early: the client hung up. */
  readonly signal: AbortSignal;
}

/** Requests that wait for a sandbox to become ready: one subscription for all of them, however many there are. */
export class ReadyWaits {
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #store: SandboxStore;
  readonly #limit: number;
  readonly #stopping: AbortSignal;
  #size = 0;

  constructor(store: SandboxStore, { limit, stopping }: { readonly limit: number; readonly stopping: AbortSignal }) {
    this.#store = store;
    this.#limit = limit;
    this.#stopping = stopping;
    store.subscribe(({ type, object }) => {
      if (type === 'deleted' || isSettled(object)) this.#wake(object.metadata.uid);
    });
    const wakeAll = () => [...this.#waiters.keys()].forEach((uid) => this.#wake(uid));
    stopping.addEventListener('abort', wakeAll, { once: true });
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Resolves when the sandbox is ready or on its way out, when the time is over, or when client or server leave; at once when
   * too many wait already.
   */
  async wait(uid: string, { seconds, signal }: WaitOptions): Promise<void> {
    // The watch may have been faster than the answer to the create call.
    const current = this.#store.getByUid(uid);
    if (seconds <= 0 || current === undefined || isSettled(current)) return;
    if (signal.aborted || this.#stopping.aborted || this.#size >= this.#limit) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#remove(uid, done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      signal.addEventListener('abort', done, { once: true });
      this.#add(uid, done);
    });
  }

  #add(uid: string, done: () => void): void {
    const waiters = this.#waiters.get(uid) ?? new Set();
    this.#waiters.set(uid, waiters.add(done));
    this.#size += 1;
  }

  #remove(uid: string, done: () => void): void {
    const waiters = this.#waiters.get(uid);
    if (!waiters?.delete(done)) return;
    this.#size -= 1;
    if (waiters.size === 0) this.#waiters.delete(uid);
  }

  #wake(uid: string): void {
    for (const done of this.#waiters.get(uid) ?? []) done();
  }
}

function isSettled(sandbox: StoredSandbox): boolean {
  return isReady(sandbox) || sandbox.metadata.deletionTimestamp !== undefined;
}
