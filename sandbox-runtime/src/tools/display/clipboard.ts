import type { XConnection } from './x11/connection.ts';
import { request, u16, u32, u8 } from './x11/request.ts';

const OP = {
  createWindow: 1,
  internAtom: 16,
  changeProperty: 18,
  deleteProperty: 19,
  getProperty: 20,
  setSelectionOwner: 22,
  getSelectionOwner: 23,
  convertSelection: 24,
  sendEvent: 25,
} as const;
const EVENT = { selectionClear: 29, selectionRequest: 30, selectionNotify: 31 } as const;
const ATOM = { atom: 4, string: 31 } as const;
const INPUT_ONLY = 2;
/** What another program gets to hand over the text that it has copied. */
const READ_MS = 500;
/** Text of another program that is kept, in words of four bytes. */
const READ_WORDS = 1024 * 1024;

const NAMES = [
  'CLIPBOARD',
  'TARGETS',
  'UTF8_STRING',
  'TEXT',
  'text/plain',
  'text/plain;charset=utf-8',
  'INCR',
  'SANDFLEET_TEXT',
] as const;
type AtomName = (typeof NAMES)[number];

/** The text that programs paste. */
export class Clipboard {
  readonly #connection: XConnection;
  readonly #window: number;
  readonly #atoms: Readonly<Record<AtomName, number>>;
  #text: Buffer | undefined;
  /** Questions of programs since the text was put there, about what there is and for the text itself. */
  #asked = 0;
  #isTaken = false;
  #onAsked: () => void = () => undefined;
  #onGiven: (event: Buffer) => void = () => undefined;

  private constructor(connection: XConnection, atoms: Readonly<Record<AtomName, number>>) {
    this.#connection = connection;
    this.#atoms = atoms;
    this.#window = connection.newId();
    const { root } = connection.setup;
    const place = [u16(0), u16(0), u16(1), u16(1), u16(0), u16(INPUT_ONLY), u32(0), u32(0)];
    connection.send(request(OP.createWindow, 0, [u32(this.#window), u32(root), ...place]));
    connection.onEvent((event) => this.#onEvent(event));
  }

  static async create(connection: XConnection): Promise<Clipboard> {
    const atoms: Partial<Record<AtomName, number>> = {};
    for (const name of NAMES) {
      const reply = await connection.ask(request(OP.internAtom, 0, [u16(name.length), u16(0), Buffer.from(name, 'latin1')]));
      atoms[name] = reply.readUInt32LE(8);
    }
    // Every name is among them now.
    return new Clipboard(connection, atoms as Record<AtomName, number>);
  }

  /** The text that was copied last; undefined when there is none, or when who has it does not hand it over. */
  async read(): Promise<Buffer | undefined> {
    const owner = await this.#owner();
    if (owner === 0) return undefined;
    if (owner === this.#window) return this.#text;
    const given = this.#given();
    const { CLIPBOARD, UTF8_STRING, SANDFLEET_TEXT } = this.#atoms;
    this.#connection.send(
      request(OP.convertSelection, 0, [u32(this.#window), u32(CLIPBOARD), u32(UTF8_STRING), u32(SANDFLEET_TEXT), u32(0)]),
    );
    const event = await given;
    return event === undefined || event.readUInt32LE(20) === 0 ? undefined : this.#property();
  }

  /** Puts a text there; undefined leaves it empty. */
  async write(text: Buffer | undefined): Promise<void> {
    this.#text = text;
    this.#asked = 0;
    this.#isTaken = false;
    const owner = text === undefined ? 0 : this.#window;
    this.#connection.send(request(OP.setSelectionOwner, 0, [u32(owner), u32(this.#atoms.CLIPBOARD), u32(0)]));
    await this.#connection.sync();
  }

  /** Puts back what was there before, unless somebody has copied something else meanwhile. */
  async giveBack(before: Buffer | undefined): Promise<void> {
    if (this.#text !== undefined) await this.write(before);
  }

  /**
   * Resolves once a program has taken the text and then asked for nothing for `quietMs`, with false when none takes it within
   * `limitMs`.
   */
  async taken({ limitMs, quietMs }: { limitMs: number; quietMs: number }): Promise<boolean> {
    const end = Date.now() + limitMs;
    while (!this.#isTaken && Date.now() < end) await this.#nextAsked(end - Date.now());
    if (!this.#isTaken) return false;
    for (let seen = -1; seen !== this.#asked && Date.now() < end + limitMs;) {
      seen = this.#asked;
      await this.#nextAsked(quietMs);
    }
    return true;
  }

  #nextAsked(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#onAsked = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #owner(): Promise<number> {
    const reply = await this.#connection.ask(request(OP.getSelectionOwner, 0, [u32(this.#atoms.CLIPBOARD)]));
    return reply.readUInt32LE(8);
  }

  #given(): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), READ_MS);
      this.#onGiven = (event) => {
        clearTimeout(timer);
        resolve(event);
      };
    });
  }

  async #property(): Promise<Buffer | undefined> {
    const { SANDFLEET_TEXT, INCR } = this.#atoms;
    const reply = await this.#connection.ask(
      request(OP.getProperty, 1, [u32(this.#window), u32(SANDFLEET_TEXT), u32(0), u32(0), u32(READ_WORDS)]),
    );
    const isWhole = reply.readUInt32LE(12) === 0 && reply[1] === 8 && reply.readUInt32LE(8) !== INCR;
    if (!isWhole) this.#connection.send(request(OP.deleteProperty, 0, [u32(this.#window), u32(SANDFLEET_TEXT)]));
    return isWhole ? Buffer.from(reply.subarray(32, 32 + reply.readUInt32LE(16))) : undefined;
  }

  #onEvent(event: Buffer): void {
    const type = event.readUInt8(0) & 0x7f;
    if (type === EVENT.selectionNotify && event.readUInt32LE(8) === this.#window) this.#onGiven(event);
    if (type === EVENT.selectionRequest && event.readUInt32LE(8) === this.#window) this.#hand(event);
    if (type === EVENT.selectionClear && event.readUInt32LE(8) === this.#window) this.#text = undefined;
  }

  /** Hands the text to the program that asks, or the list of forms that there are. */
  #hand(event: Buffer): void {
    const [time, requestor, selection, target] = [4, 12, 16, 20].map((at) => event.readUInt32LE(at)) as [
      number,
      number,
      number,
      number,
    ];
    // Old programs leave the property out and mean the target's name.
    const property = event.readUInt32LE(24) || target;
    const isHanded = this.#put(requestor, property, target);
    const notify = Buffer.alloc(32);
    notify.writeUInt8(EVENT.selectionNotify, 0);
    for (const [index, word] of [time, requestor, selection, target, isHanded ? property : 0].entries())
      notify.writeUInt32LE(word, 4 + index * 4);
    this.#connection.send(request(OP.sendEvent, 0, [u32(requestor), u32(0), notify]));
    // The X server itself asks for the viewers of the screen: nothing was pasted by that.
    if (requestor <= this.#connection.setup.idMask) return;
    this.#asked += 1;
    this.#isTaken ||= isHanded && target !== this.#atoms.TARGETS;
    this.#onAsked();
  }

  #put(requestor: number, property: number, target: number): boolean {
    if (this.#text === undefined) return false;
    const { TARGETS, UTF8_STRING, TEXT, ...atoms } = this.#atoms;
    const forms = [UTF8_STRING, atoms['text/plain;charset=utf-8'], atoms['text/plain'], TEXT, ATOM.string];
    if (target === TARGETS) {
      const list = [TARGETS, ...forms];
      this.#change(requestor, property, { type: ATOM.atom, format: 32, count: list.length, data: list.map(u32) });
      return true;
    }
    if (!forms.includes(target)) return false;
    const isLatin = target === ATOM.string;
    const data = isLatin ? Buffer.from(this.#text.toString('utf8'), 'latin1') : this.#text;
    if (data.length > this.#connection.maxRequestBytes - 64) return false;
    const type = target === TEXT ? UTF8_STRING : target;
    this.#change(requestor, property, { type, format: 8, count: data.length, data: [data] });
    return true;
  }

  #change(window: number, property: number, { type, format, count, data }: Property): void {
    const head = [u32(window), u32(property), u32(type), u8(format), u8(0), u16(0), u32(count)];
    this.#connection.send(request(OP.changeProperty, 0, [...head, ...data]));
  }
}

interface Property {
  readonly type: number;
  readonly format: 8 | 32;
  readonly count: number;
  readonly data: readonly (Buffer | ReturnType<typeof u32>)[];
}
