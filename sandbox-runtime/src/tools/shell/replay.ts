/** The last of what a terminal showed, in bounded memory, for whoever looks at it again. */
export class Replay {
  readonly #limit: number;
  #chunks: string[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  append(chunk: string): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Joined now and then rather than each time: one string of the size that is kept, and a few small ones.
    if (this.#length > 2 * this.#limit || this.#chunks.length > 1024) this.#compact();
  }

  toString(): string {
    this.#compact();
    return this.#chunks.join('');
  }

  /** Begins at a line where something went: half an escape sequence would be shown as letters. */
  #compact(): void {
    const all = this.#chunks.join('');
    const tail = all.slice(-this.#limit);
    const text = tail.length === all.length ? all : tail.slice(tail.indexOf('\n') + 1);
    this.#chunks = [text];
    this.#length = text.length;
  }
}
