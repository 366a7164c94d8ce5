import { Socket, type OnReadOpts, type SocketConstructorOpts, type TcpSocketConnectOpts } from 'node:net';

type Callback = (error?: Error | null) => void;

/** A request's head and its body are two writes: the second may not wait until the first has been acknowledged. */
const OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 } as const;

/**
 * A connection that goes on reading when writing has failed. A pod that refuses a request before all of it came, such as one
 * that is too large, answers and closes; the bytes that meet the closed end fail, and Node would end the connection with the
 * answer unread. Here they are thrown away instead, and the reading side says how it ends.
 */
export class PodSocket extends Socket {
  #hasFailed = false;

  constructor(onread: OnReadOpts) {
    // Of the two steps that `net.connect` has, it is this one that takes them; the types have them with the other.
    const options: SocketConstructorOpts & Partial<TcpSocketConnectOpts> = { ...OPTIONS, onread };
    super(options);
  }

  /** Nothing that is written arrives any more. Told once, as the event `writeFailed`, too. */
  get cannotWrite(): boolean {
    return this.#hasFailed;
  }

  override _write(chunk: unknown, encoding: BufferEncoding, callback: Callback): void {
    if (this.#hasFailed) return callback();
    return super._write(chunk, encoding, (error) => this.#written(error, callback));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: Callback): void {
    if (this.#hasFailed) return callback();
    return super._writev?.(chunks, (error) => this.#written(error, callback));
  }

  #written(error: Error | null | undefined, callback: Callback): void {
    if (!isClosedByPeer(error) || this.destroyed) return callback(error);
    if (!this.#hasFailed) {
      this.#hasFailed = true;
      this.emit('writeFailed');
    }
    return callback();
  }
}

function isClosedByPeer(error: NodeJS.ErrnoException | null | undefined): boolean {
  return error?.code === 'EPIPE' || error?.code === 'ECONNRESET';
}
