import { setTimeout as delay } from 'node:timers/promises';

import type { XConnection } from './x11/connection.ts';
import { request, u16, u32, u8, type Field } from './x11/request.ts';

const OP = { changeAttributes: 2, internAtom: 16, getProperty: 20, sendEvent: 25 } as const;
const CLIENT_MESSAGE = 33;
const EVENT_MASK = 0x800;
const SUBSTRUCTURE_NOTIFY = 0x8_0000;
const WORDS = 64;
/** What a program that is busy gets to answer. */
const PONG_MS = 2000;
/** For those that are not asked: long enough for a program that is not busy. */
const UNASKED_MS = 60;

const NAMES = ['_NET_ACTIVE_WINDOW', '_NET_WM_PING', 'WM_PROTOCOLS'] as const;

/** The window that has the keyboard. */
export class FrontWindow {
  readonly #connection: XConnection;
  readonly #atoms: Readonly<Record<(typeof NAMES)[number], number>>;
  readonly #waiting = new Map<number, () => void>();
  #lastPing = 0;

  private constructor(connection: XConnection, atoms: Readonly<Record<(typeof NAMES)[number], number>>) {
    this.#connection = connection;
    this.#atoms = atoms;
    const { root } = connection.setup;
    // Programs answer to the window manager, by way of the root window.
    connection.send(request(OP.changeAttributes, 0, [u32(root), u32(EVENT_MASK), u32(SUBSTRUCTURE_NOTIFY)]));
    connection.onEvent((event) => this.#onEvent(event));
  }

  static async create(connection: XConnection): Promise<FrontWindow> {
    const atoms: Partial<Record<(typeof NAMES)[number], number>> = {};
    for (const name of NAMES) {
      const reply = await connection.ask(request(OP.internAtom, 0, [u16(name.length), u16(0), Buffer.from(name, 'latin1')]));
      atoms[name] = reply.readUInt32LE(8);
    }
    // Every name is among them now.
    return new FrontWindow(connection, atoms as Record<(typeof NAMES)[number], number>);
  }

  /** Resolves once the program in front has come to all keys, buttons and changes of the keyboard up to now, or takes too long. */
  async settled(): Promise<void> {
    const { _NET_ACTIVE_WINDOW: active, _NET_WM_PING: ping, WM_PROTOCOLS: protocols } = this.#atoms;
    const [window = 0] = await this.#words(this.#connection.setup.root, active);
    const answers = window === 0 ? [] : await this.#words(window, protocols);
    if (!answers.includes(ping)) {
      await this.#connection.sync();
      await delay(UNASKED_MS);
      return;
    }
    this.#lastPing = (this.#lastPing + 1) & 0x7fff_ffff;
    const id = this.#lastPing;
    const pong = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PONG_MS);
      this.#waiting.set(id, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    const data = [u32(ping), u32(id), u32(window), u32(0), u32(0)];
    const message: Field[] = [u8(CLIENT_MESSAGE), u8(32), u16(0), u32(window), u32(protocols), ...data];
    this.#connection.send(request(OP.sendEvent, 0, [u32(window), u32(0), ...message]));
    await pong;
    this.#waiting.delete(id);
  }

  /** A property that is a list of words; empty where there is none, or no such window any more. */
  async #words(window: number, property: number): Promise<readonly number[]> {
    const fields = [u32(window), u32(property), u32(0), u32(0), u32(WORDS)];
    const reply = await this.#connection.ask(request(OP.getProperty, 0, fields)).catch(() => undefined);
    if (reply === undefined || reply[1] !== 32) return [];
    return Array.from({ length: reply.readUInt32LE(16) }, (_, index) => reply.readUInt32LE(32 + index * 4));
  }

  #onEvent(event: Buffer): void {
    if ((event.readUInt8(0) & 0x7f) !== CLIENT_MESSAGE || event.readUInt32LE(8) !== this.#atoms.WM_PROTOCOLS) return;
    if (event.readUInt32LE(12) === this.#atoms._NET_WM_PING) this.#waiting.get(event.readUInt32LE(16))?.();
  }
}
