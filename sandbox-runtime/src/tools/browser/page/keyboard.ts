import type { Keyboard } from 'playwright-core';

import { isCharacter, keyOf, keysOfChord } from './keys.ts';
import { PageError } from './page-error.ts';
import type { PageTurn } from './run-on-page.ts';

/** Typed at once: between two pieces it is seen whether anybody still waits. */
const PIECE = 100;
const PIECE_MS = 500;
export const MAX_TYPING_SECONDS = 300;

export async function typeText({ page, signal, left }: PageTurn, text: string, delay: number): Promise<void> {
  // Not by code unit: half a character is none.
  const characters = Array.from(text);
  if ((characters.length * delay) / 1000 > MAX_TYPING_SECONDS)
    throw new PageError(`That many characters at this delay take longer than ${MAX_TYPING_SECONDS} seconds; use fill.`);
  const piece = Math.max(1, Math.min(PIECE, Math.floor(PIECE_MS / delay)));
  for (let at = 0; at < characters.length; at += piece) {
    signal.throwIfAborted();
    if (left() <= 1)
      throw new PageError(`Only ${at} of ${characters.length} characters were typed in time; use fill for so much.`);
    await page.keyboard.type(characters.slice(at, at + piece).join(''), { delay });
  }
}

/** Presses the last key while the others are held; none stays down, whatever happens. */
export async function pressKeys(keyboard: Keyboard, keys: readonly string[]): Promise<void> {
  const held: string[] = [];
  try {
    for (const key of keys.slice(0, -1)) {
      await keyboard.down(key);
      held.unshift(key);
    }
    await pressOne(keyboard, keys.at(-1) ?? '', held.length > 0);
  } finally {
    for (const key of held) await keyboard.up(key);
  }
}

async function pressOne(keyboard: Keyboard, key: string, isHeld: boolean): Promise<void> {
  try {
    await keyboard.press(key);
  } catch (error) {
    const isUnknown = error instanceof Error && error.message.includes('Unknown key');
    // A character that no key of the board has; with others held it would be another thing than text.
    if (!isUnknown || isHeld || !isCharacter(key)) throw error;
    await keyboard.insertText(key);
  }
}

export const chordOf = (text: string): readonly string[] => keysOfChord(text);

/** Each may be a chord itself: `['ctrl+shift', 't']` was seen. */
export const chordOfAll = (keys: readonly string[]): readonly string[] =>
  keys.flatMap((key) => (key.length > 1 && key.includes('+') ? keysOfChord(key) : [keyOf(key)]));
