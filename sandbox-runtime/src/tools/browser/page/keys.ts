import { PageError } from './page-error.ts';

/** Names that agents, xdotool and X use for keys, in lower case and without `_` and `-`, to those of playwright-core. */
const NAMES: Readonly<Record<string, string>> = {
  ...named('Enter', 'enter return kpenter'),
  ...named('Escape', 'escape esc'),
  ...named('Backspace', 'backspace'),
  ...named('Tab', 'tab isolefttab'),
  ...named('Space', 'space spacebar kpspace'),
  ...named('Delete', 'delete del kpdelete'),
  ...named('Insert', 'insert ins kpinsert'),
  ...named('Home', 'home kphome'),
  ...named('End', 'end kpend'),
  ...named('PageUp', 'pageup pgup prior kpprior kppageup'),
  ...named('PageDown', 'pagedown pgdn pgdown next kpnext kppagedown'),
  ...named('ArrowUp', 'arrowup up uparrow kpup'),
  ...named('ArrowDown', 'arrowdown down downarrow kpdown'),
  ...named('ArrowLeft', 'arrowleft left leftarrow kpleft'),
  ...named('ArrowRight', 'arrowright right rightarrow kpright'),
  ...named('Control', 'control ctrl controll ctrll lctrl'),
  ...named('ControlRight', 'controlr ctrlr rctrl controlright'),
  ...named('Shift', 'shift shiftl lshift'),
  ...named('ShiftRight', 'shiftr rshift shiftright'),
  ...named('Alt', 'alt altl lalt option opt'),
  ...named('AltRight', 'altr ralt altright altgr isolevel3shift'),
  ...named('Meta', 'meta metal super superl cmd command win windows winl os'),
  ...named('MetaRight', 'metar superr winr metaright'),
  ...named('CapsLock', 'capslock'),
  ...named('NumLock', 'numlock'),
  ...named('ScrollLock', 'scrolllock'),
  ...named('Pause', 'pause'),
  ...named('PrintScreen', 'printscreen print prtsc'),
  ...named('ContextMenu', 'contextmenu menu apps'),
  // A chord is written with `+`, so that key itself needs a name.
  ...named('+', 'plus kpadd'),
  ...named('-', 'minus hyphen kpsubtract'),
  ...named('*', 'asterisk multiply kpmultiply'),
  ...named('/', 'slash divide kpdivide'),
  ...named('=', 'equal equals kpequal'),
  ...named('.', 'period dot kpdecimal'),
  ...named(',', 'comma kpseparator'),
  ...named(';', 'semicolon'),
  ...named(':', 'colon'),
  ...named("'", 'apostrophe quoteright'),
  ...named('"', 'quotedbl'),
  ...named('`', 'grave backtick quoteleft'),
  ...named('\\', 'backslash'),
  ...named('|', 'bar pipe'),
  ...named('[', 'bracketleft'),
  ...named(']', 'bracketright'),
  ...named('{', 'braceleft'),
  ...named('}', 'braceright'),
  ...named('(', 'parenleft'),
  ...named(')', 'parenright'),
  ...named('<', 'less'),
  ...named('>', 'greater'),
  ...named('?', 'question'),
  ...named('!', 'exclam'),
  ...named('@', 'at'),
  ...named('#', 'numbersign'),
  ...named('$', 'dollar'),
  ...named('%', 'percent'),
  ...named('^', 'asciicircum'),
  ...named('&', 'ampersand'),
  ...named('_', 'underscore'),
  ...named('~', 'asciitilde'),
};

function named(key: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, key]));
}

const FUNCTION_KEY = /^f([1-9]|1\d|2[0-4])$/;
/** playwright-core's names by the place on the board: KeyA, Digit1, Numpad3. */
const BY_PLACE = /^(?:key([a-z])|digit(\d)|(?:numpad|kp)(\d))$/;

/** One character is one key, also one that takes two units of UTF-16. */
export const isCharacter = (text: string): boolean => /^.$/su.test(text);

/**
 * playwright-core's name of a key that is named in any of the usual ways; of a character it is the character itself.
 *
 * @throws PageError
 */
export function keyOf(name: string): string {
  if (isCharacter(name)) return name === ' ' ? 'Space' : name === '\n' || name === '\r' ? 'Enter' : name;
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll(/[_\- ]/g, '');
  // An own property, not one that every object has.
  const known = Object.hasOwn(NAMES, plain) ? NAMES[plain] : undefined;
  if (known !== undefined) return known;
  if (FUNCTION_KEY.test(plain)) return plain.toUpperCase();
  const [, letter, digit, pad] = BY_PLACE.exec(plain) ?? [];
  if (letter !== undefined) return `Key${letter.toUpperCase()}`;
  if (digit !== undefined) return `Digit${digit}`;
  if (pad !== undefined) return `Numpad${pad}`;
  throw new PageError(`There is no key named "${name.slice(0, 64)}".`);
}

/** The keys of `ctrl+shift+t`; a `+` at the end, or alone, is the key itself. */
export function keysOfChord(text: string): readonly string[] {
  if (isCharacter(text)) return [keyOf(text)];
  const parts = text.endsWith('+') ? [...text.slice(0, -1).replace(/\+$/, '').split('+'), '+'] : text.split('+');
  return parts.filter((part) => part !== '').map(keyOf);
}
