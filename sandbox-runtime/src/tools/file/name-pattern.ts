/** One character of a name: that code point, any, or one in (or not in) ranges; or `*` for any number of any. */
export type NamePart = number | typeof ANY | typeof STAR | Ranges;
export type NamePattern = readonly NamePart[];

const ANY = Symbol('?');
const STAR = Symbol('*');

interface Ranges {
  readonly isNegated: boolean;
  readonly ranges: readonly (readonly [number, number])[];
}

export function parseName(pattern: string): NamePattern {
  const parts: NamePart[] = [];
  const characters = Array.from(pattern, (character) => character.codePointAt(0) ?? 0);
  for (let at = 0; at < characters.length; at += 1) {
    const code = characters[at] ?? 0;
    if (code === STAR_CODE) {
      if (parts.at(-1) !== STAR) parts.push(STAR);
    } else if (code === QUESTION) parts.push(ANY);
    else if (code === BACKSLASH && at + 1 < characters.length) parts.push(characters[(at += 1)] ?? 0);
    else {
      const bracket = code === OPEN ? parseRanges(characters, at) : undefined;
      parts.push(bracket?.ranges ?? code);
      at = bracket?.end ?? at;
    }
  }
  return parts;
}

const [STAR_CODE, QUESTION, BACKSLASH, OPEN, CLOSE, DASH, BANG, CARET] = [42, 63, 92, 91, 93, 45, 33, 94];

/** As in a shell: a bracket that is closed nowhere is a character, and one right behind the opening is inside. */
function parseRanges(characters: readonly number[], open: number): { ranges: Ranges; end: number } | undefined {
  const isNegated = characters[open + 1] === BANG || characters[open + 1] === CARET;
  const first = open + (isNegated ? 2 : 1);
  const ranges: [number, number][] = [];
  for (let at = first; at < characters.length; at += 1) {
    if (characters[at] === CLOSE && at > first) return { ranges: { isNegated, ranges }, end: at };
    if (characters[at] === BACKSLASH) at += 1;
    const from = characters[at] ?? 0;
    const to = characters[at + 2];
    const isRange = characters[at + 1] === DASH && to !== undefined && to !== CLOSE;
    ranges.push([from, isRange ? to : from]);
    if (isRange) at += 2;
  }
  return undefined;
}

/** Goes back to the last star alone, which is enough: the time is the product of both lengths at most. */
export function fitsName(pattern: NamePattern, name: string): boolean {
  let [at, part] = [0, 0];
  let [starAt, starPart] = [0, -1];
  while (at < name.length) {
    const expected = pattern[part];
    const code = name.codePointAt(at) ?? 0;
    if (expected === STAR) {
      [starAt, starPart] = [at, part];
      part += 1;
    } else if (expected !== undefined && fitsCode(expected, code)) {
      at += widthOf(code);
      part += 1;
    } else {
      if (starPart === -1) return false;
      starAt += widthOf(name.codePointAt(starAt) ?? 0);
      [at, part] = [starAt, starPart + 1];
    }
  }
  while (pattern[part] === STAR) part += 1;
  return part === pattern.length;
}

const widthOf = (code: number): number => (code > 0xff_ff ? 2 : 1);

function fitsCode(expected: Exclude<NamePart, typeof STAR>, code: number): boolean {
  if (typeof expected === 'number') return expected === code;
  if (expected === ANY) return true;
  return expected.ranges.some(([from, to]) => code >= from && code <= to) !== expected.isNegated;
}
