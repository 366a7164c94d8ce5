export interface Modifiers {
  readonly ctrl: boolean;
  readonly alt: boolean;
}

const ARROWS: Readonly<Record<string, string>> = { up: 'A', down: 'B', right: 'C', left: 'D' };
const ESCAPE = '\u001B';

/** What a key of the bar sends. In the mode that full-screen programs ask for, plain arrows are spelled in another way. */
export function sequenceOfKey(key: string, { ctrl, alt }: Modifiers, isApplicationMode: boolean): string {
  const arrow = ARROWS[key];
  if (arrow === undefined) return key === 'tab' ? '\t' : ESCAPE;
  if (!ctrl && !alt) return `${ESCAPE}${isApplicationMode ? 'O' : '['}${arrow}`;
  return `${ESCAPE}[1;${1 + (alt ? 2 : 0) + (ctrl ? 4 : 0)}${arrow}`;
}

/** What was typed, as if the modifiers had been held on a keyboard; pasted text and sequences of keys stay as they are. */
export function withModifiers(typed: string, { ctrl, alt }: Modifiers): string {
  if (Array.from(typed).length !== 1) return typed;
  const key = ctrl ? controlOf(typed) : typed;
  return alt ? `${ESCAPE}${key}` : key;
}

function controlOf(character: string): string {
  if (character === '?') return '\u007F';
  const code = character === ' ' ? 0x40 : (character.toUpperCase().codePointAt(0) ?? 0);
  // @, A to Z, [, \, ], ^ and _ are the keys that have a control character.
  return code >= 0x40 && code <= 0x5f ? String.fromCodePoint(code - 0x40) : character;
}

/** Text in pieces that fit into messages; no character is cut in two. */
export function piecesOf(text: string, length: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = Math.min(text.length, start + length);
    const last = text.charCodeAt(end - 1);
    const isCut = end < text.length && last >= 0xd8_00 && last <= 0xdb_ff && end - start > 1;
    pieces.push(text.slice(start, isCut ? end - 1 : end));
    start = isCut ? end - 1 : end;
  }
  return pieces;
}
