import { write } from 'node:fs';

/** Time to wait for a program that does not read what was typed. */
const FULL_RETRY_MS = 20;
/** Bytes that may wait before those who type are asked to. */
const PATIENCE = 256 * 1024;

/** Types into a terminal in order. A terminal whose program does not read is tried again at leisure, not in a busy loop. */
export class TerminalWriter {
  readonly #fd: number;
  #waiting: Buffer[] = [];
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #relieved: (() => void)[] = [];

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
    this.#relieve();
  }

  /** Resolves when little waits to be taken. */
  async taken(): Promise<void> {
    if (this.#length > PATIENCE) await new Promise<void>((resolve) => this.#relieved.push(resolve));
  }

  get #length(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, 0);
  }

  #relieve(): void {
    if (this.#relieved.length === 0 || this.#length > PATIENCE) return;
    for (const resolve of this.#relieved.splice(0)) resolve();
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
    this.#relieve();
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
    this.#relieve();
    if (error === null) return this.#next();
    this.#timer = setTimeout(() => this.#next(), FULL_RETRY_MS);
  }
}
