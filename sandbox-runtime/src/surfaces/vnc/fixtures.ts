import { once } from 'node:events';

import { WebSocket } from 'ws';

/** A viewer of the screen that knows just enough of RFB for a test: no colours of its own, pictures as they are. */
export class TestViewer {
  readonly socket: WebSocket;
  readonly closed: Promise<readonly [number, string]>;
  #held = Buffer.alloc(0);
  #arrived: () => void = () => undefined;
  #isClosed = false;
  width = 0;
  height = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      this.#held = Buffer.concat([this.#held, data]);
      this.#arrived();
    });
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => {
        this.#isClosed = true;
        this.#arrived();
        resolve([code, reason.toString()]);
      }),
    );
  }

  /** Connects and shakes hands, with each byte in a message of its own where `isSplit`. */
  static async open(url: string, { isSplit = false } = {}): Promise<TestViewer> {
    const viewer = new TestViewer(new WebSocket(url));
    await once(viewer.socket, 'open');
    const say = (bytes: Buffer) =>
      isSplit ? [...bytes].forEach((byte) => viewer.send(Buffer.from([byte]))) : viewer.send(bytes);
    await viewer.take(12);
    say(Buffer.from('RFB 003.008\n', 'latin1'));
    const kinds = await viewer.take((await viewer.take(1))[0] ?? 0);
    if (!kinds.includes(1)) throw new Error('the screen asks for a password');
    say(Buffer.from([1]));
    await viewer.take(4);
    say(Buffer.from([1]));
    const init = await viewer.take(24);
    viewer.width = init.readUInt16BE(0);
    viewer.height = init.readUInt16BE(2);
    await viewer.take(init.readUInt32BE(20));
    return viewer;
  }

  send(bytes: Buffer): void {
    this.socket.send(bytes);
  }

  async take(length: number): Promise<Buffer> {
    while (this.#held.length < length) {
      if (this.#isClosed) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
    const bytes = this.#held.subarray(0, length);
    this.#held = Buffer.from(this.#held.subarray(length));
    return bytes;
  }

  /** Only pictures as they are, and the extension for the clipboard where `hasClipboard`. */
  encodings(hasClipboard = false): void {
    const bytes = Buffer.from([2, 0, 0, hasClipboard ? 2 : 1, 0, 0, 0, 0, 0xc0, 0xa1, 0xe5, 0xce]);
    this.send(hasClipboard ? bytes : bytes.subarray(0, 8));
  }

  request(isIncremental: boolean, { width, height }: { readonly width: number; readonly height: number } = this): void {
    const message = Buffer.alloc(10);
    message.set([3, isIncremental ? 1 : 0]);
    message.writeUInt16BE(width, 6);
    message.writeUInt16BE(height, 8);
    this.send(message);
  }

  /** Reads messages up to the next picture, and gives its rectangles' bytes; `texts` gets what else is told of the clipboard. */
  async update(texts: Buffer[] = []): Promise<number> {
    for (;;) {
      const [type] = await this.take(1);
      if (type === 3) {
        const head = await this.take(7);
        texts.push(await this.take(Math.abs(head.readInt32BE(3))));
      } else if (type === 0) {
        return this.#rectangles((await this.take(3)).readUInt16BE(1));
      } else if (type !== 2) throw new Error(`unexpected message ${type}`);
    }
  }

  async #rectangles(count: number): Promise<number> {
    let bytes = 0;
    for (let index = 0; index < count; index += 1) {
      const head = await this.take(12);
      if (head.readInt32BE(8) !== 0) continue;
      const length = head.readUInt16BE(4) * head.readUInt16BE(6) * 4;
      await this.take(length);
      bytes += length;
    }
    return bytes;
  }
}

/** The bytes of messages that act. */
export const input = {
  key: (keysym: number, isDown: boolean): Buffer => {
    const message = Buffer.alloc(8);
    message.set([4, isDown ? 1 : 0]);
    message.writeUInt32BE(keysym, 4);
    return message;
  },
  pointer: (x: number, y: number, buttons = 0): Buffer => {
    const message = Buffer.alloc(6);
    message.set([5, buttons]);
    message.writeUInt16BE(x, 2);
    message.writeUInt16BE(y, 4);
    return message;
  },
  cutText: (text: string): Buffer => {
    const message = Buffer.alloc(8 + text.length);
    message.writeUInt8(6, 0);
    message.writeUInt32BE(text.length, 4);
    message.write(text, 8, 'latin1');
    return message;
  },
  desktopSize: (width: number, height: number): Buffer => {
    const message = Buffer.alloc(24);
    message.writeUInt8(251, 0);
    message.writeUInt16BE(width, 2);
    message.writeUInt16BE(height, 4);
    message.writeUInt8(1, 6);
    message.writeUInt16BE(width, 16);
    message.writeUInt16BE(height, 18);
    return message;
  },
} as const;
