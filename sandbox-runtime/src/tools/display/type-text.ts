import { DisplayError } from './display-error.ts';
import { keyStrokes } from './key-strokes.ts';
import { keysymOfCharacter } from './keysyms.ts';
import type { Performance } from './performance.ts';
import type { XScreen } from './x-screen.ts';

/** Characters that are typed before the screen is waited for: programs fall behind otherwise. */
const CHARACTERS_A_TURN = 20;
/**
 * What the program in front gets to take the text, and for how long it must then have left the clipboard alone: some ask for it
 * in several forms, and scripts of pages that read the clipboard themselves do so a moment after the keys.
 */
const PASTE_MS = 4000;
const QUIET_MS = 400;

/** Puts a text where the cursor is: by the clipboard, which is given back what it had once the text was taken. */
export async function pasteText({ screen, settledPages, hint }: Performance, text: string): Promise<void> {
  const { clipboard } = screen;
  const before = await clipboard.read();
  await clipboard.write(Buffer.from(text, 'utf8'));
  await keyStrokes(screen, ['ctrl', 'v'], 'both');
  await screen.front.settled();
  // Chromium looks at the text for the page's own scripts first, and takes it when these are done.
  await settledPages();
  if (await clipboard.taken({ limitMs: PASTE_MS, quietMs: QUIET_MS })) return clipboard.giveBack(before);
  // It stays in the clipboard: a program that comes to it later must not paste something else.
  hint('No program took the text: is there a cursor in a field? Click into one first.');
}

/** Types a text key by key. @throws DisplayError for a character that can't be typed; nothing is then typed */
export async function typeText({ screen, signal }: Performance, text: string): Promise<void> {
  const keysyms = Array.from(text.replaceAll('\r\n', '\n').toWellFormed(), (character) => {
    const keysym = keysymOfCharacter(character);
    if (keysym !== undefined) return keysym;
    const code = character.codePointAt(0)?.toString(16).padStart(4, '0');
    throw new DisplayError(`The character U+${code} has no key; with use_clipboard any text can be typed.`);
  });
  await screen.keyboard.refresh();
  for (let from = 0; from < keysyms.length;) {
    const count = countThatFits(screen, keysyms.slice(from));
    const part = keysyms.slice(from, from + count);
    await screen.keyboard.provide([...new Set(part)]);
    await strike(screen, part, signal);
    from += count;
  }
}

/** How many of the characters can be typed before keys must be given to others. */
function countThatFits({ keyboard }: XScreen, keysyms: readonly number[]): number {
  const lent = new Set<number>();
  for (const [index, keysym] of keysyms.entries()) {
    if (!keyboard.mustLend(keysym)) continue;
    lent.add(keysym);
    if (lent.size > keyboard.room) return Math.max(1, index);
  }
  return keysyms.length;
}

async function strike(screen: XScreen, keysyms: readonly number[], signal: AbortSignal): Promise<void> {
  const { keyboard, input } = screen;
  for (const [index, keysym] of keysyms.entries()) {
    const key = keyboard.key(keysym);
    if (key === undefined) throw new DisplayError('The keyboard has no room for another character.');
    if (key.hasShift) input.key(keyboard.shift, true);
    input.key(key.keycode, true);
    input.key(key.keycode, false);
    if (key.hasShift) input.key(keyboard.shift, false);
    if ((index + 1) % CHARACTERS_A_TURN !== 0) continue;
    await screen.sync();
    signal.throwIfAborted();
  }
  await screen.sync();
}
