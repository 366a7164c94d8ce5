/** Smaller pieces are put together: a program that writes letter by letter must not cost a buffer for each. */
const SMALL = 16 * 1024;

/** What all output of all commands may take together. */
export interface Budget {
  /** Counts bytes that came; returns how many the one who got them has to give up. */
  add(bytes: number): number;
  release(bytes: number): void;
}

/** The last bytes of a stream, each by its number since the beginning. */
export class ByteLog {
  readonly #keep: number;
  readonly #budget: Budget;
  #chunks: Buffer[] = [];
  #begin = 0;
  #end = 0;

  constructor(keep: number, budget: Budget) {
    this.#keep = keep;
    this.#budget = budget;
  }

  /** Number of the first byte that is kept. */
  get begin(): number {
    return this.#begin;
  }

  /** How many bytes have come. */
  get end(): number {
    return this.#end;
  }

  get size(): number {
    return this.#end - this.#begin;
  }

  append(chunk: Buffer): void {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.length + chunk.length <= SMALL)
      this.#chunks[this.#chunks.length - 1] = Buffer.concat([last, chunk]);
    else this.#chunks.push(chunk);
    this.#end += chunk.length;
    this.#drop(Math.max(this.#budget.add(chunk.length), this.size - this.#keep));
  }

  clear(): void {
    this.#drop(this.size);
  }

  /** The bytes from one number on; those that are gone are left out. */
  slice(from: number): Buffer {
    let skip = from - this.#begin;
    const parts: Buffer[] = [];
    for (const chunk of this.#chunks) {
      if (skip < chunk.length) parts.push(skip > 0 ? chunk.subarray(skip) : chunk);
      skip -= chunk.length;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  #drop(bytes: number): void {
    let left = Math.min(bytes, this.size);
    if (left <= 0) return;
    this.#begin += left;
    this.#budget.release(left);
    let whole = 0;
    for (const chunk of this.#chunks) {
      if (chunk.length > left) break;
      left -= chunk.length;
      whole += 1;
    }
    this.#chunks.splice(0, whole);
    const [first] = this.#chunks;
    if (left > 0 && first !== undefined) this.#chunks[0] = first.subarray(left);
  }
}
