import { write } from 'node:fs';

/** Time to wait for a program that does not read what was typed. */
const FULL_RETRY_MS = 20;

/** Types into a terminal in order. A terminal whose program does not read is tried again at leisure, not in a busy loop. */
export class TerminalWriter {
  readonly #fd: number;
  #waiting: Buffer[] = [];
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string): void {
    if (this.#closed || text === '') return;
    this.#waiting.push(Buffer.from(text));
    this.#next();
  }

  /** Forgets what the terminal has not taken yet: it was meant for a program that is gone. */
  clear(): void {
    this.#waiting = this.#busy ? this.#waiting.slice(0, 1) : [];
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
  }

  #next(): void {
    const [bytes] = this.#waiting;
    if (this.#busy || this.#closed || bytes === undefined) return;
    this.#busy = true;
    write(this.#fd, bytes, (error, written) => this.#onWritten(bytes, error, written));
  }

  #onWritten(bytes: Buffer, error: NodeJS.ErrnoException | null, written: number): void {
    this.#busy = false;
    if (this.#closed) return;
    if (error !== null && error.code !== 'EAGAIN') return this.close();
    const rest = bytes.subarray(error === null ? written : 0);
    if (this.#waiting[0] === bytes)
      this.#waiting = rest.length === 0 ? this.#waiting.slice(1) : [rest, ...this.#waiting.slice(1)];
    if (error === null) return this.#next();
    this.#timer = setTimeout(() => this.#next(), FULL_RETRY_MS);
  }
}
