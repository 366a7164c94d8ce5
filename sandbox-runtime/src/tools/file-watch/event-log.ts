import type { FileChange } from '@sandfleet/contract/runtime';

export type Change = Omit<FileChange, 'seq' | 'timestamp'>;

/** A place in the log where changes went unseen. */
export interface Lost {
  readonly seq: number;
  readonly lost: true;
}

export interface Read {
  readonly entries: readonly (FileChange | Lost)[];
  /** Entries after the cursor that was asked for are not kept any more. */
  readonly isBehind: boolean;
  readonly cursor: number;
  readonly hasMore: boolean;
}

export interface EventLogLimits {
  readonly entries: number;
  /** Characters of the paths that are kept. */
  readonly characters: number;
}

const DEFAULT_LIMITS: EventLogLimits = { entries: 10_000, characters: 4 * 1024 * 1024 };

/** The last events of a watcher, each with its number, and a way to wait for the next. */
export class EventLog {
  readonly #limits: EventLogLimits;
  #entries: (FileChange | Lost)[] = [];
  /** Entries at the front that were dropped already; they go all at once, now and then. */
  #skipped = 0;
  #characters = 0;
  #lastSeq = 0;
  #isClosed = false;
  readonly #waiting = new Set<() => void>();

  constructor(limits: EventLogLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  append(change: Change, now: Date): void {
    this.#push({ seq: ++this.#lastSeq, ...change, timestamp: now.toISOString() });
  }

  /** Marks that changes went unseen. One mark behind another says nothing more. */
  lose(): void {
    const last = this.#entries.at(-1);
    if (last === undefined || !('lost' in last)) this.#push({ seq: ++this.#lastSeq, lost: true });
  }

  /** What comes after a cursor; one from the future counts as the newest. */
  read(cursor: number, limit: number): Read {
    const oldest = this.#lastSeq - (this.#entries.length - this.#skipped) + 1;
    const from = Math.min(Math.max(cursor + 1, oldest), this.#lastSeq + 1);
    const index = this.#skipped + from - oldest;
    const entries = this.#entries.slice(index, index + limit);
    const end = from + entries.length - 1;
    return { entries, isBehind: cursor + 1 < oldest, cursor: end, hasMore: end < this.#lastSeq };
  }

  /** Comes back when there is something after the cursor, when the log is closed, when the time is over or the signal aborts. */
  async wait(cursor: number, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    if (this.#isClosed || this.#lastSeq > cursor || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #push(entry: FileChange | Lost): void {
    this.#entries.push(entry);
    this.#characters += lengthOf(entry);
    while (this.#entries.length - this.#skipped > this.#limits.entries || this.#characters > this.#limits.characters) {
      this.#characters -= lengthOf(this.#entries[this.#skipped]);
      this.#skipped += 1;
    }
    if (this.#skipped > this.#limits.entries) {
      this.#entries = this.#entries.slice(this.#skipped);
      this.#skipped = 0;
    }
    this.#wake();
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}

const lengthOf = (entry: FileChange | Lost | undefined): number =>
  entry === undefined || 'lost' in entry ? 0 : entry.path.length + entry.relative_path.length + (entry.old_path?.length ?? 0);
