import { once } from 'node:events';

import { WebSocket } from 'ws';

const TIGHT = 7;
const RAW = 0;
const COPY = 1;
/** What the page of the screen asks for: JPEG of quality 6, compression 2. */
const ENCODINGS = [COPY, TIGHT, RAW, -32 + 6, -256 + 2];

/** A viewer that counts pictures and throws them away: it reads as much of Tight as tells where a rectangle ends. */
export class VncViewer {
  readonly #socket: WebSocket;
  readonly #held: Buffer[] = [];
  #size = 0;
  #wake: () => void = () => undefined;
  #isClosed = false;
  #width = 0;
  #height = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      this.#held.push(data);
      this.#size += data.length;
      this.#wake();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<VncViewer> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers: { ...headers } });
    const viewer = new VncViewer(socket);
    await once(socket, 'open');
    await viewer.#take(12);
    socket.send(Buffer.from('RFB 003.008\n'));
    await viewer.#take((await viewer.#take(1))[0] ?? 0);
    socket.send(Buffer.from([1]));
    await viewer.#take(4);
    socket.send(Buffer.from([1]));
    const init = await viewer.#take(24);
    viewer.#width = init.readUInt16BE(0);
    viewer.#height = init.readUInt16BE(2);
    await viewer.#take(init.readUInt32BE(20));
    viewer.#ask();
    return viewer;
  }

  /** Pictures of the whole screen's changes that come within so many milliseconds, each asked for as soon as the one before is in. */
  async count(milliseconds: number): Promise<{ readonly perSecond: number; readonly megabytesPerSecond: number }> {
    this.#request(false);
    await this.#picture();
    const began = performance.now();
    let pictures = 0;
    let bytes = 0;
    while (performance.now() - began < milliseconds) {
      this.#request(true);
      bytes += await this.#picture();
      pictures += 1;
    }
    const seconds = (performance.now() - began) / 1000;
    return { perSecond: pictures / seconds, megabytesPerSecond: bytes / seconds / 1e6 };
  }

  close(): void {
    this.#socket.close();
  }

  #ask(): void {
    const message = Buffer.alloc(4 + 4 * ENCODINGS.length);
    message.writeUInt8(2, 0);
    message.writeUInt16BE(ENCODINGS.length, 2);
    ENCODINGS.forEach((encoding, index) => message.writeInt32BE(encoding, 4 + 4 * index));
    this.#socket.send(message);
  }

  #request(isIncremental: boolean): void {
    const message = Buffer.alloc(10);
    message.set([3, isIncremental ? 1 : 0]);
    message.writeUInt16BE(this.#width, 6);
    message.writeUInt16BE(this.#height, 8);
    this.#socket.send(message);
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#size < length) {
      if (this.#isClosed) throw new Error('the screen hung up');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const all = this.#held.length === 1 && this.#held[0] !== undefined ? this.#held[0] : Buffer.concat(this.#held);
    this.#held.splice(0, this.#held.length, all.subarray(length));
    this.#size -= length;
    return all.subarray(0, length);
  }

  async #picture(): Promise<number> {
    for (;;) {
      const [type] = await this.#take(1);
      if (type === 3) await this.#take((await this.#take(7)).readUInt32BE(3));
      else if (type === 0) break;
      else if (type !== 2) throw new Error(`message ${type} was not expected`);
    }
    const count = (await this.#take(3)).readUInt16BE(1);
    let bytes = 0;
    for (let index = 0; index < count; index += 1) bytes += await this.#rectangle(await this.#take(12));
    return bytes;
  }

  async #rectangle(head: Buffer): Promise<number> {
    const [width, height, encoding] = [head.readUInt16BE(4), head.readUInt16BE(6), head.readInt32BE(8)];
    if (encoding === COPY) return (await this.#take(4)).length;
    if (encoding === RAW) return (await this.#take(width * height * 4)).length;
    if (encoding !== TIGHT) throw new Error(`encoding ${encoding} was not asked for`);
    const control = ((await this.#take(1))[0] ?? 0) >> 4;
    if (control === 8) return (await this.#take(3)).length;
    if (control === 9) return this.#compact();
    // Bit 2: a byte tells the filter. 1 is a palette, 2 a gradient; both leave less or the same to come.
    const filter = (control & 4) === 0 ? 0 : ((await this.#take(1))[0] ?? 0);
    let row = width * 3;
    if (filter === 1) {
      const colours = ((await this.#take(1))[0] ?? 0) + 1;
      await this.#take(colours * 3);
      row = colours === 2 ? Math.ceil(width / 8) : width;
    }
    // What is shorter than this is not compressed, and so has no length before it.
    return row * height < 12 ? (await this.#take(row * height)).length : this.#compact();
  }

  /** Bytes behind a length of one to three bytes, seven bits each. */
  async #compact(): Promise<number> {
    let length = 0;
    for (let shift = 0; shift <= 14; shift += 7) {
      const byte = (await this.#take(1))[0] ?? 0;
      length |= (shift === 14 ? byte : byte & 0x7f) << shift;
      if (shift < 14 && (byte & 0x80) === 0) break;
    }
    return (await this.#take(length)).length;
  }
}
