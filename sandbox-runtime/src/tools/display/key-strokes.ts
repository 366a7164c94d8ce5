import { DisplayError } from './display-error.ts';
import { keysymOfKey } from './keysyms.ts';
import type { XScreen } from './x-screen.ts';

/** @throws DisplayError for a name that no key has */
export async function keyStrokes(screen: XScreen, names: readonly string[], way: 'down' | 'up' | 'both'): Promise<void> {
  const { keyboard, input } = screen;
  const keysyms = names.map((name) => {
    const keysym = keysymOfKey(name);
    if (keysym === undefined)
      throw new DisplayError(
        `No key is called ${JSON.stringify(name)}: use a character or a name such as enter, ctrl, Page_Up, F5.`,
      );
    return keysym;
  });
  await keyboard.refresh();
  await keyboard.provide(keysyms);
  const keys = keysyms.flatMap((keysym) => keyboard.key(keysym) ?? []);
  // A letter that needs Shift, as ? does on most keyboards, gets it; one that is part of a combination has been given it or not.
  const needsShift = keys.length === 1 && keys[0]?.hasShift === true;
  const keycodes = [...(needsShift ? [keyboard.shift] : []), ...keys.map(({ keycode }) => keycode)];
  if (way !== 'up') for (const keycode of keycodes) input.key(keycode, true);
  if (way !== 'down') for (const keycode of keycodes.toReversed()) input.key(keycode, false);
}
