import { SocketClosed } from './x-error.ts';

/** A whole answer that a screen of the largest size that Xvnc makes has. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const HEAD_BYTES = 32;

/** Cuts what the server sends into its messages: errors, replies and events. */
export class MessageCutter {
  readonly #onMessage: (message: Buffer) => void;
  #chunks: Buffer[] = [];
  #held = 0;
  #needed = HEAD_BYTES;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** @throws SocketClosed when the server announces more than any screen has. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    // A screenshot comes in a hundred chunks: they are joined once it is whole.
    while (this.#held >= this.#needed) {
      const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
      this.#cut(bytes);
    }
  }

  #cut(bytes: Buffer): void {
    let at = 0;
    let length = lengthOf(bytes, at);
    while (bytes.length - at >= length) {
      this.#onMessage(bytes.subarray(at, at + length));
      at += length;
      length = lengthOf(bytes, at);
    }
    const rest = bytes.subarray(at);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    this.#needed = length;
  }
}

function lengthOf(bytes: Buffer, at: number): number {
  if (bytes.length - at < HEAD_BYTES) return HEAD_BYTES;
  const type = bytes.readUInt8(at) & 0x7f;
  // Replies and the events of newer extensions tell how many words follow; all else has a fixed length.
  if (type !== 1 && type !== 35) return HEAD_BYTES;
  const length = HEAD_BYTES + bytes.readUInt32LE(at + 4) * 4;
  if (length > MAX_MESSAGE_BYTES) throw new SocketClosed('the X server sends too much');
  return length;
}
