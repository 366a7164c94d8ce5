import type { XConnection } from './x11/connection.ts';
import { request, u16, u32, u8 } from './x11/request.ts';

const OP = { changeKeyboardMapping: 100, getKeyboardMapping: 101 } as const;
const SHIFT_L = 0xffe1;
/** X says that clients get 248 keycodes at most. */
const MAX_SPARE = 32;

/** A key to press for a keysym, and whether with Shift. */
export interface Key {
  readonly keycode: number;
  readonly hasShift: boolean;
}

export interface Mapping {
  readonly minKeycode: number;
  readonly perKeycode: number;
  readonly keysyms: readonly number[];
}

/** Where the keys of a mapping are; the first key that has a keysym is taken, and one without Shift first. */
export function keysOf({ minKeycode, perKeycode, keysyms }: Mapping): { keys: Map<number, Key>; spare: number[] } {
  const keys = new Map<number, Key>();
  const spare: number[] = [];
  for (let at = 0; at < keysyms.length; at += perKeycode) {
    const keycode = minKeycode + at / perKeycode;
    const row = keysyms.slice(at, at + perKeycode);
    if (row.every((keysym) => keysym === 0)) spare.push(keycode);
    const [plain = 0, shifted = 0] = row;
    if (plain !== 0 && (keys.get(plain)?.hasShift ?? true)) keys.set(plain, { keycode, hasShift: false });
    if (shifted !== 0 && !keys.has(shifted)) keys.set(shifted, { keycode, hasShift: true });
  }
  return { keys, spare: spare.slice(-MAX_SPARE) };
}

/** The keyboard of the screen: which key gives which character. Characters that no key has get one of the unused keys. */
export class Keyboard {
  readonly #connection: XConnection;
  readonly #settled: () => Promise<void>;
  #keys = new Map<number, Key>();
  #spare: number[] = [];
  #isKnown = false;

  /** @param settled waits until programs have come to all that was typed, and to all changes of the keyboard */
  constructor(connection: XConnection, settled: () => Promise<void>) {
    this.#connection = connection;
    this.#settled = settled;
    // Viewers may change the keyboard too: their programs bring keys that it did not have.
    connection.onEvent((event) => {
      if ((event.readUInt8(0) & 0x7f) === 34) this.#isKnown = false;
    });
  }

  /** Keycode of the left Shift. */
  get shift(): number {
    return this.#keys.get(SHIFT_L)?.keycode ?? 50;
  }

  /** How many different characters without a key can be made ready at once. */
  get room(): number {
    return this.#spare.length;
  }

  /** Whether a keysym has no key of its own, but one of the unused ones or none. */
  mustLend(keysym: number): boolean {
    const key = this.#keys.get(keysym);
    return key === undefined || this.#spare.includes(key.keycode);
  }

  /** @throws SocketClosed */
  async refresh(): Promise<void> {
    if (this.#isKnown) return;
    const { minKeycode, maxKeycode } = this.#connection.setup;
    const count = maxKeycode - minKeycode + 1;
    this.#isKnown = true;
    const reply = await this.#connection.ask(request(OP.getKeyboardMapping, 0, [u8(minKeycode), u8(count), u16(0)]));
    const perKeycode = reply.readUInt8(1);
    const keysyms = Array.from({ length: count * perKeycode }, (_, index) => reply.readUInt32LE(32 + index * 4));
    const { keys, spare } = keysOf({ minKeycode, perKeycode, keysyms });
    this.#keys = keys;
    // Keys that were given to characters before are given to others when they are needed.
    this.#spare = [...new Set([...this.#spare, ...spare])].slice(0, MAX_SPARE);
  }

  key(keysym: number): Key | undefined {
    return this.#keys.get(keysym);
  }

  /** Gives unused keys to these keysyms, of which there are no more than `room`, and waits until every program can know. */
  async provide(keysyms: readonly number[]): Promise<void> {
    const missing = keysyms.filter((keysym) => !this.#keys.has(keysym));
    if (missing.length === 0) return;
    // A key that a program has not come to yet would be read as what the key stands for by then.
    await this.#settled();
    const used = new Set(keysyms.map((keysym) => this.#keys.get(keysym)?.keycode));
    const free = this.#spare.filter((keycode) => !used.has(keycode));
    for (const [index, keysym] of missing.entries()) {
      const keycode = free[index];
      if (keycode === undefined) break;
      this.#forget(keycode);
      // Both levels, so that Shift makes no difference.
      this.#connection.send(request(OP.changeKeyboardMapping, 1, [u8(keycode), u8(2), u16(0), u32(keysym), u32(keysym)]));
      this.#keys.set(keysym, { keycode, hasShift: false });
      // The one that was lent longest ago is the next to be lent again: browsers keep in mind what a key was.
      this.#spare = [...this.#spare.filter((other) => other !== keycode), keycode];
    }
    await this.#connection.sync();
    // The server's own word of it is no news.
    this.#isKnown = true;
    await this.#settled();
  }

  #forget(keycode: number): void {
    for (const [keysym, key] of this.#keys) if (key.keycode === keycode) this.#keys.delete(keysym);
  }
}
