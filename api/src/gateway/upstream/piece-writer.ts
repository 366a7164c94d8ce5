import type { Socket } from 'node:net';

/** Below this, copying a piece costs less than writing it by itself. */
const SMALL_BYTES = 4096;
const BLOCK_BYTES = 16 * 1024;
const CRLF = '\r\n';

/**
 * Writes a body to a pod in pieces of a sane size. A client may cut its body into chunks of a byte each: by themselves they
 * would be a call of the kernel each, and each that waits for a pod that does not read would hold some hundred times its size.
 * So a small piece goes at once where none is under way, and those behind it are copied together until it is gone and the
 * turn of the event loop is over.
 */
export class PieceWriter {
  readonly #socket: Socket;
  readonly #isChunked: boolean;
  #block: Buffer | undefined;
  #filled = 0;
  #unwritten = 0;
  #isInTurn = false;
  #isOver = false;

  constructor(socket: Socket, isChunked: boolean) {
    this.#socket = socket;
    this.#isChunked = isChunked;
  }

  /** The socket takes no more; it says `drain` when it does. */
  get isFull(): boolean {
    return this.#socket.writableNeedDrain;
  }

  push(data: Buffer): void {
    if (data.length < SMALL_BYTES && (this.#isInTurn || this.#unwritten > 0)) return this.#gather(data);
    this.#flush();
    return this.#write(data);
  }

  /** Writes what is left, and the end of the body where that is to be seen. */
  end(): void {
    this.#flush();
    if (this.#isChunked) this.#socket.write(`0${CRLF}${CRLF}`, 'latin1');
    this.#isOver = true;
  }

  /** Lets go of what is not written yet. */
  stop(): void {
    this.#isOver = true;
    this.#block = undefined;
  }

  #gather(data: Buffer): void {
    if (this.#filled + data.length > BLOCK_BYTES) this.#flush();
    this.#block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#filled += data.copy(this.#block, this.#filled);
  }

  #flush(): void {
    if (this.#block === undefined || this.#filled === 0) return;
    // The socket keeps what it is given; a block that is nearly empty is kept for the next ones instead.
    const isKept = this.#filled < SMALL_BYTES;
    const bytes = this.#block.subarray(0, this.#filled);
    this.#filled = 0;
    if (!isKept) this.#block = undefined;
    this.#write(isKept ? Buffer.from(bytes) : bytes);
  }

  #write(data: Buffer): void {
    this.#unwritten += 1;
    if (this.#isChunked) {
      this.#socket.cork();
      this.#socket.write(`${data.length.toString(16)}${CRLF}`, 'latin1');
      this.#socket.write(data);
      this.#socket.write(CRLF, 'latin1', this.#onWritten);
      this.#socket.uncork();
    } else this.#socket.write(data, this.#onWritten);
    if (this.#isInTurn) return;
    this.#isInTurn = true;
    setImmediate(this.#onTurn);
  }

  readonly #onWritten = (): void => {
    this.#unwritten -= 1;
    this.#settle();
  };

  readonly #onTurn = (): void => {
    this.#isInTurn = false;
    this.#settle();
  };

  #settle(): void {
    if (!this.#isOver && !this.#isInTurn && this.#unwritten === 0) this.#flush();
  }
}
