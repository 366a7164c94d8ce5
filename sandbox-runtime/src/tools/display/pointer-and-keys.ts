import type { XConnection } from './x11/connection.ts';
import { i16, request, u16, u32, u8 } from './x11/request.ts';

const TYPE = { keyPress: 2, keyRelease: 3, buttonPress: 4, buttonRelease: 5, motion: 6 } as const;
const FAKE_INPUT = 2;

/** Buttons of the mouse as X counts them; turning a wheel is pressing one. */
export const BUTTON = { left: 1, middle: 2, right: 3, up: 4, down: 5, towardsLeft: 6, towardsRight: 7 } as const;

/** Presses keys and buttons and moves the pointer as if by hand, by the extension that is there for tests. */
export class FakeInput {
  readonly #connection: XConnection;
  readonly #opcode: number;
  #lastButton = 0;

  constructor(connection: XConnection, opcode: number) {
    this.#connection = connection;
    this.#opcode = opcode;
  }

  key(keycode: number, isDown: boolean): void {
    this.#send(isDown ? TYPE.keyPress : TYPE.keyRelease, keycode);
  }

  /** When a button was last pressed or released, as Date.now() counts. */
  get lastButton(): number {
    return this.#lastButton;
  }

  button(button: number, isDown: boolean): void {
    this.#lastButton = Date.now();
    this.#send(isDown ? TYPE.buttonPress : TYPE.buttonRelease, button);
  }

  move(x: number, y: number): void {
    this.#send(TYPE.motion, 0, { x, y });
  }

  #send(type: number, detail: number, { x, y } = { x: 0, y: 0 }): void {
    const { root } = this.#connection.setup;
    const place = [u32(type === TYPE.motion ? root : 0), u32(0), u32(0), i16(x), i16(y), u32(0), u32(0)];
    this.#connection.send(request(this.#opcode, FAKE_INPUT, [u8(type), u8(detail), u16(0), u32(0), ...place]));
  }
}
