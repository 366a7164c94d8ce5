import { describe, expect, it } from 'vitest';

import { keyOf, keysOfChord } from './keys.ts';

describe('keyOf()', () => {
  it.for([
    ['enter', 'Enter'],
    ['Return', 'Enter'],
    ['KP_Enter', 'Enter'],
    ['BackSpace', 'Backspace'],
    ['page_down', 'PageDown'],
    ['PageDown', 'PageDown'],
    ['Prior', 'PageUp'],
    ['Left', 'ArrowLeft'],
    ['arrow_left', 'ArrowLeft'],
    ['ArrowLeft', 'ArrowLeft'],
    ['space', 'Space'],
    [' ', 'Space'],
    ['\n', 'Enter'],
    ['esc', 'Escape'],
    ['Control_L', 'Control'],
    ['CTRL', 'Control'],
    ['Super_L', 'Meta'],
    ['cmd', 'Meta'],
    ['f5', 'F5'],
    ['F12', 'F12'],
    ['KeyA', 'KeyA'],
    ['Digit7', 'Digit7'],
    ['KP_3', 'Numpad3'],
    ['a', 'a'],
    ['A', 'A'],
    ['ä', 'ä'],
    ['漢', '漢'],
    ['🙂', '🙂'],
    ['plus', '+'],
    ['+', '+'],
  ] as const)('knows %j as %s', ([name, key]) => {
    expect(keyOf(name)).toBe(key);
  });

  it.for(['', 'nokey', 'F0', 'F25', 'constructor', '__proto__', 'toString', 'Key1', 'enter enter'])('refuses %j', (name) => {
    expect(() => keyOf(name)).toThrow('There is no key named');
  });
});

describe('keysOfChord()', () => {
  it.for([
    ['ctrl+a', ['Control', 'a']],
    ['Control+Shift+T', ['Control', 'Shift', 'T']],
    ['ctrl++', ['Control', '+']],
    ['+', ['+']],
    ['Enter', ['Enter']],
    ['alt+F4', ['Alt', 'F4']],
  ] as const)('takes %s apart', ([text, keys]) => {
    expect(keysOfChord(text)).toEqual(keys);
  });
});
