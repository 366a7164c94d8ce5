import { Clipboard } from './clipboard.ts';
import { FrontWindow } from './front-window.ts';
import { Keyboard } from './keyboard.ts';
import type { Picture } from './picture.ts';
import { FakeInput } from './pointer-and-keys.ts';
import { windowRequest, type XConnection } from './x11/connection.ts';
import { i16, request, u16, u32 } from './x11/request.ts';
import { XError } from './x11/x-error.ts';

const OP = { getGeometry: 14, queryPointer: 38, getImage: 73 } as const;
const RANDR = { queryVersion: 0, setScreenConfig: 2, getScreenInfo: 5 } as const;
const Z_PIXMAP = 2;
const ALL_PLANES = 0xffff_ffff;
/** Somebody may change the size between the question for it and the one for the picture. */
const PICTURE_TRIES = 3;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Parts {
  readonly randr: number;
  readonly xtest: number;
  readonly clipboard: Clipboard;
  readonly front: FrontWindow;
}

/** The screen as one who sits at it has it: picture, pointer, keyboard, clipboard. */
export class XScreen {
  readonly input: FakeInput;
  readonly keyboard: Keyboard;
  readonly clipboard: Clipboard;
  readonly front: FrontWindow;
  readonly #connection: XConnection;
  readonly #randr: number;

  private constructor(connection: XConnection, parts: Parts) {
    this.#connection = connection;
    this.#randr = parts.randr;
    this.input = new FakeInput(connection, parts.xtest);
    this.clipboard = parts.clipboard;
    this.front = parts.front;
    this.keyboard = new Keyboard(connection, () => parts.front.settled());
  }

  /** @throws Error when the server lacks what this needs. */
  static async create(connection: XConnection): Promise<XScreen> {
    if (!connection.setup.isBgrx) throw new Error('the screen has not 24 bits a pixel in 32');
    const randr = await connection.extension('RANDR');
    // From version 1.1 on a change of size names a rate too.
    await connection.ask(request(randr, RANDR.queryVersion, [u32(1), u32(2)]));
    const [xtest, clipboard, front] = await Promise.all([
      connection.extension('XTEST'),
      Clipboard.create(connection),
      FrontWindow.create(connection),
    ]);
    return new XScreen(connection, { randr, xtest, clipboard, front });
  }

  get closed(): AbortSignal {
    return this.#connection.closed;
  }

  /** Resolves once the server has done all that it was told. */
  sync(): Promise<void> {
    return this.#connection.sync();
  }

  close(): void {
    this.#connection.close();
  }

  async size(): Promise<Size> {
    const reply = await this.#connection.ask(windowRequest(OP.getGeometry, this.#connection.setup.root));
    return { width: reply.readUInt16LE(16), height: reply.readUInt16LE(18) };
  }

  async pointer(): Promise<Point> {
    const reply = await this.#connection.ask(windowRequest(OP.queryPointer, this.#connection.setup.root));
    return { x: reply.readInt16LE(16), y: reply.readInt16LE(18) };
  }

  async picture(): Promise<Picture> {
    for (let tries = 1; ; tries += 1) {
      const { width, height } = await this.size();
      const fields = [u32(this.#connection.setup.root), i16(0), i16(0), u16(width), u16(height), u32(ALL_PLANES)];
      try {
        const reply = await this.#connection.ask(request(OP.getImage, Z_PIXMAP, fields));
        return { width, height, pixels: reply.subarray(32, 32 + width * height * 4) };
      } catch (error) {
        if (!(error instanceof XError) || tries === PICTURE_TRIES) throw error;
      }
    }
  }

  /** Gives the screen another size; false when it has none like that. */
  async resize(wanted: Size): Promise<boolean> {
    const { root } = this.#connection.setup;
    const info = await this.#connection.ask(request(this.#randr, RANDR.getScreenInfo, [u32(root)]));
    const index = parseSizes(info).findIndex(({ width, height }) => width === wanted.width && height === wanted.height);
    if (index === -1) return false;
    const [time, configTime] = [info.readUInt32LE(12), info.readUInt32LE(16)];
    const fields = [u32(root), u32(time), u32(configTime), u16(index), u16(info.readUInt16LE(24)), u16(0), u16(0)];
    const reply = await this.#connection.ask(request(this.#randr, RANDR.setScreenConfig, fields));
    return reply.readUInt8(1) === 0;
  }
}

function parseSizes(info: Buffer): readonly Size[] {
  return Array.from({ length: info.readUInt16LE(20) }, (_, index) => ({
    width: info.readUInt16LE(32 + index * 8),
    height: info.readUInt16LE(34 + index * 8),
  }));
}
