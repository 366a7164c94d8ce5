/** One read of this size is nearly every answer. */
const SHARED_BYTES = 64 * 1024;
const LARGE_BYTES = 128 * 1024;
const FREE_LARGE_BUFFERS = 32;

/**
 * Buffers that sockets read into. All connections read into one that they share, since a read is used up before the next one
 * comes: thousands of idle ones cost no memory. A connection with bulk data gets a large one to itself, whose bytes go out
 * without a copy; a fresh buffer for each read, as streams make them, halves the throughput of a download.
 */
export class ReadBuffers {
  readonly shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
  readonly #free: Buffer[] = [];

  /** The buffer for the next read, given the one before and how full the last read left it. */
  next(current: Buffer, lastSize: number): Buffer {
    if (current === this.shared) return lastSize === SHARED_BYTES ? this.large() : current;
    if (lastSize >= SHARED_BYTES / 4) return current;
    this.release(current);
    return this.shared;
  }

  large(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES);
  }

  release(buffer: Buffer): void {
    if (buffer !== this.shared && this.#free.length < FREE_LARGE_BUFFERS) this.#free.push(buffer);
  }
}
