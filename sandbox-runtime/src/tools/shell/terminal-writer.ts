import { write } from 'node:fs';

import type { IPty } from 'node-pty';

import { fdOf, onClosed } from './pty-parts.ts';

/** Time to wait for a program that does not read what was typed. */
const FULL_RETRY_MS = 20;
/** Bytes that may wait before those who type are asked to. */
const PATIENCE = 256 * 1024;

/** Types into a terminal in order. A terminal whose program does not read is tried again at leisure, not in a busy loop. */
export class TerminalWriter {
  readonly #fd: number;
  #queue: Buffer[] = [];
  #length = 0;
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #relieved: (() => void)[] = [];

  constructor(pty: IPty) {
    this.#fd = fdOf(pty);
    onClosed(pty, () => this.#close());
  }

  /** Bytes that the terminal has not taken yet. */
  get waiting(): number {
    return this.#length;
  }

  write(text: string): void {
    if (this.#closed || text === '') return;
    const bytes = Buffer.from(text);
    this.#queue.push(bytes);
    this.#length += bytes.length;
    if (this.#timer === undefined) this.#next();
  }

  /** Forgets what the terminal has not taken yet: it was meant for a program that is gone. */
  clear(): void {
    this.#queue = [];
    this.#length = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#relieve();
  }

  /** Resolves when little waits to be taken. */
  async taken(): Promise<void> {
    if (this.#length > PATIENCE) await new Promise<void>((resolve) => this.#relieved.push(resolve));
  }

  #relieve(): void {
    if (this.#relieved.length === 0 || this.#length > PATIENCE) return;
    for (const resolve of this.#relieved.splice(0)) resolve();
  }

  #close(): void {
    this.#closed = true;
    this.clear();
  }

  #next(): void {
    if (this.#busy || this.#closed || this.#queue.length === 0) return;
    // What came letter by letter goes together: a write and a shift of the queue for each would take its square.
    const [first = Buffer.alloc(0), ...more] = this.#queue;
    const bytes = more.length === 0 ? first : Buffer.concat(this.#queue);
    this.#queue = [bytes];
    this.#busy = true;
    write(this.#fd, bytes, (error, written) => this.#onWritten(bytes, error, written));
  }

  #onWritten(bytes: Buffer, error: NodeJS.ErrnoException | null, written: number): void {
    this.#busy = false;
    if (this.#closed) return;
    if (error !== null && error.code !== 'EAGAIN') return this.#close();
    // Unless it was forgotten meanwhile.
    if (error === null && this.#queue[0] === bytes) this.#take(bytes, written);
    this.#relieve();
    if (error === null) return this.#next();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, FULL_RETRY_MS);
  }

  #take(bytes: Buffer, count: number): void {
    this.#length -= count;
    if (count === bytes.length) this.#queue.shift();
    else this.#queue[0] = bytes.subarray(count);
  }
}
