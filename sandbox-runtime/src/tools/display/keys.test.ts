import { describe, expect, it } from 'vitest';

import { keysOf } from './keyboard.ts';
import { keysymOfCharacter, keysymOfKey } from './keysyms.ts';

describe('keysymOfKey()', () => {
  it.for([
    ['enter', 0xff0d],
    ['Enter', 0xff0d],
    ['Return', 0xff0d],
    ['BackSpace', 0xff08],
    ['backspace', 0xff08],
    ['space', 0x20],
    [' ', 0x20],
    ['esc', 0xff1b],
    ['ctrl', 0xffe3],
    ['Control_L', 0xffe3],
    ['ControlRight', 0xffe4],
    ['shift', 0xffe1],
    ['alt', 0xffe9],
    ['cmd', 0xffeb],
    ['pageup', 0xff55],
    ['Page_Up', 0xff55],
    ['PageDown', 0xff56],
    ['pgdn', 0xff56],
    ['ArrowLeft', 0xff51],
    ['left', 0xff51],
    ['del', 0xffff],
    ['F1', 0xffbe],
    ['f12', 0xffc9],
    ['KP_Enter', 0xff8d],
    ['num5', 0xffb5],
    ['KeyA', 0x61],
    ['Digit7', 0x37],
    ['a', 0x61],
    ['A', 0x41],
    ['?', 0x3f],
    ['question', 0x3f],
    ['minus', 0x2d],
    ['plus', 0x2b],
    ['ü', 0xfc],
    ['€', 0x0100_20ac],
    ['😀', 0x0101_f600],
    ['U20AC', 0x0100_20ac],
    ['U+00e4', 0xe4],
    ['\n', 0xff0d],
  ] as const)('knows %s', ([name, keysym]) => {
    expect(keysymOfKey(name)).toBe(keysym);
  });

  it.for(['', 'nosuchkey', 'ctrl+c', 'F99', 'Uzzzz', 'UD800', '__proto__', 'constructor', '\u0000'])('knows no %j', (name) => {
    expect(keysymOfKey(name)).toBeUndefined();
  });

  it('has no key for what is no character', () => {
    expect(['\u0001', '\u007f', '\u0085', '\ud800'].map((character) => keysymOfCharacter(character))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('keysOf()', () => {
  it('takes the first key, one without Shift before one with it, and tells the unused ones', () => {
    const keysyms = [
      [0x61, 0x41],
      [0, 0],
      [0x31, 0x21],
      [0x21, 0],
      [0x61, 0x41],
    ].flat();
    const { keys, spare } = keysOf({ minKeycode: 8, perKeycode: 2, keysyms });
    expect(Object.fromEntries(keys)).toEqual({
      [0x61]: { keycode: 8, hasShift: false },
      [0x41]: { keycode: 8, hasShift: true },
      [0x31]: { keycode: 10, hasShift: false },
      [0x21]: { keycode: 11, hasShift: false },
    });
    expect(spare).toEqual([9]);
  });
});
