const CLOSE = 8;
const MAX_HEADER_BYTES = 14;

/**
 * Follows one direction of a WebSocket by the headers of its frames (RFC 6455 5.2), to know where a frame of our own may go in
 * between. It keeps and changes nothing. A peer that speaks something else misleads it, and gains nothing: all it is asked is
 * where the connection may end.
 */
export class FrameTracker {
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  #headerLength = 0;
  #payloadLeft = 0;
  #isClosed = false;

  /** Whether all that came so far are whole frames. */
  get isBetween(): boolean {
    return this.#headerLength === 0 && this.#payloadLeft === 0;
  }

  /** Whether the frame that closes the WebSocket has begun. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @returns where in the data a frame ends for the first time; undefined when none does. */
  push(data: Uint8Array): number | undefined {
    let at = 0;
    let firstEnd: number | undefined;
    while (at < data.length) {
      if (this.#payloadLeft > 0) {
        const used = Math.min(this.#payloadLeft, data.length - at);
        this.#payloadLeft -= used;
        at += used;
      } else {
        this.#takeHeaderByte(data[at] ?? 0);
        at++;
      }
      if (this.isBetween) firstEnd ??= at;
    }
    return firstEnd;
  }

  #takeHeaderByte(byte: number): void {
    this.#header[this.#headerLength++] = byte;
    if (this.#headerLength < 2) return;
    const [first = 0, second = 0] = this.#header;
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (this.#headerLength < 2 + lengthBytes + (second >= 0x80 ? 4 : 0)) return;
    this.#headerLength = 0;
    this.#payloadLeft = lengthBytes === 0 ? short : this.#longLength(lengthBytes);
    if ((first & 0x0f) === CLOSE) this.#isClosed = true;
  }

  #longLength(bytes: number): number {
    let length = 0;
    for (let i = 0; i < bytes; i++) length = length * 256 + (this.#header[2 + i] ?? 0);
    return length;
  }
}
