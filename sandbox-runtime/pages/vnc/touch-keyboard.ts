import { keysymOfCharacter } from '../../src/tools/display/keysyms.ts';
import { changeOf } from './typed-text.ts';

const BACKSPACE = 0xff08;
/** Some keyboards tell of Backspace only where there is something to take back. */
const FILLING = '_'.repeat(64);

/** Shows the keyboard of a phone and passes on what it types: a canvas alone gets none. */
export function touchKeyboard(field: HTMLTextAreaElement, sendKey: (keysym: number) => void): { toggle(): void } {
  let before = FILLING;
  const reset = () => {
    field.value = FILLING;
    before = FILLING;
    field.setSelectionRange(FILLING.length, FILLING.length);
  };
  field.addEventListener('input', (event) => {
    const { erased, added } = changeOf(before, field.value);
    for (let count = 0; count < erased; count += 1) sendKey(BACKSPACE);
    for (const character of added) {
      const keysym = keysymOfCharacter(character);
      if (keysym !== undefined) sendKey(keysym);
    }
    before = field.value;
    // Taking the text away in the midst of a word would confuse a keyboard that still corrects it.
    const isComposing = event instanceof InputEvent && event.isComposing;
    if (!isComposing && (before.length > FILLING.length * 4 || before.length < FILLING.length / 2)) reset();
  });
  return {
    toggle: () => {
      if (document.activeElement === field) return field.blur();
      reset();
      return field.focus({ preventScroll: true });
    },
  };
}
