import type { Socket } from 'node:net';

/** Below this, copying a piece costs less than writing it by itself. */
const SMALL_BYTES = 4096;
const BLOCK_BYTES = 16 * 1024;
const CRLF = '\r\n';

/** Writes a piece of a body, as one chunk where it goes in chunks. */
export function writePiece(socket: Socket, data: Buffer, isChunked: boolean, onWritten?: () => void): void {
  if (!isChunked) return void socket.write(data, onWritten);
  socket.cork();
  socket.write(`${data.length.toString(16)}${CRLF}`, 'latin1');
  socket.write(data);
  socket.write(CRLF, 'latin1', onWritten);
  return socket.uncork();
}

/**
 * Writes a body to a pod in pieces of a sane size. A client may cut its body into chunks of a byte each: by themselves they
 * would be a call of the kernel each, and each that waits for a pod that does not read would hold some hundred times its size.
 * So small pieces are copied together until the turn of the event loop is over and what was written before is gone.
 */
export class PieceWriter {
  readonly #socket: Socket;
  readonly #isChunked: boolean;
  #block: Buffer | undefined;
  #filled = 0;
  #unwritten = 0;
  #isInTurn = false;

  constructor(socket: Socket, isChunked: boolean) {
    this.#socket = socket;
    this.#isChunked = isChunked;
  }

  push(data: Buffer): void {
    if (data.length >= SMALL_BYTES || this.#filled + data.length > BLOCK_BYTES) this.flush();
    if (data.length >= SMALL_BYTES) return this.#write(data);
    this.#block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#filled += data.copy(this.#block, this.#filled);
    if (this.#isInTurn) return undefined;
    this.#isInTurn = true;
    setImmediate(this.#onTurn);
    return undefined;
  }

  /** Lets go of what is not written yet. */
  drop(): void {
    this.#filled = 0;
    this.#block = undefined;
  }

  /** Writes what there is, whatever is still under way. */
  flush(): void {
    if (this.#block === undefined || this.#filled === 0) return;
    // The socket keeps what it is given; a block that is nearly empty is kept for the next pieces instead.
    const isKept = this.#filled < SMALL_BYTES;
    const bytes = this.#block.subarray(0, this.#filled);
    this.#filled = 0;
    if (!isKept) this.#block = undefined;
    this.#write(isKept ? Buffer.from(bytes) : bytes);
  }

  #write(data: Buffer): void {
    this.#unwritten += 1;
    writePiece(this.#socket, data, this.#isChunked, this.#onWritten);
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
    if (!this.#isInTurn && this.#unwritten === 0) this.flush();
  }
}
