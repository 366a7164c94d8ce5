const SMALLEST = 512;
const LARGEST = 64 * 1024;

/**
 * Bytes in blocks: what is appended is copied once and never moved. Text lives here rather than in a long string, since
 * strings that grow are collected, copied and flattened again and again, and leave a heap that stays large.
 */
export class ByteBlocks {
  readonly #blocks: Buffer[] = [];
  /** Bytes of the last block that are in use; those before it are full. */
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of the first block. */
  get firstLength(): number {
    return this.#blocks.length === 1 ? this.#used : (this.#blocks[0]?.length ?? 0);
  }

  append(text: string): void {
    const block = this.#blocks.at(-1);
    // `write` leaves out a character that does not fit whole, so it is used where all fit for sure.
    if (block === undefined || block.length - this.#used < text.length * 3) return this.appendBytes(Buffer.from(text));
    const written = block.write(text, this.#used);
    this.#used += written;
    this.#length += written;
  }

  appendBytes(bytes: Buffer): void {
    let from = 0;
    while (from < bytes.length) {
      const block = this.#roomy();
      const copied = bytes.copy(block, this.#used, from);
      from += copied;
      this.#used += copied;
      this.#length += copied;
    }
  }

  /** Takes the first block out. */
  shift(): Buffer {
    const { firstLength } = this;
    const block = this.#blocks.shift() ?? Buffer.alloc(0);
    this.#length -= firstLength;
    return block.subarray(0, firstLength);
  }

  /** The last `count` bytes, or all where there are fewer. */
  end(count: number): Buffer {
    return Buffer.concat(this.#filled().slice(-2)).subarray(-count);
  }

  /** Takes the last `count` bytes away. */
  cut(count: number): void {
    let left = Math.min(count, this.#length);
    this.#length -= left;
    while (left > this.#used) {
      left -= this.#used;
      this.#blocks.pop();
      this.#used = this.#blocks.at(-1)?.length ?? 0;
    }
    this.#used -= left;
  }

  /** A copy of all bytes of these, one after the other. */
  static concat(...parts: readonly ByteBlocks[]): Buffer {
    return Buffer.concat(parts.flatMap((part) => part.#filled()));
  }

  #filled(): readonly Buffer[] {
    return this.#blocks.map((block, index) => (index === this.#blocks.length - 1 ? block.subarray(0, this.#used) : block));
  }

  /** A block that is not full. Small outputs are many, large ones need few blocks. */
  #roomy(): Buffer {
    const last = this.#blocks.at(-1);
    if (last !== undefined && this.#used < last.length) return last;
    const block = Buffer.allocUnsafe(Math.min(LARGEST, Math.max(SMALLEST, this.#length)));
    this.#blocks.push(block);
    this.#used = 0;
    return block;
  }
}
