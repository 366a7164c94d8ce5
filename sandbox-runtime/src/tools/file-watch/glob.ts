/** One glob: matches names, or paths without a slash at either end. */
export interface Glob {
  /** Whether it stands for a name at any depth rather than for a path. */
  readonly isName: boolean;
  matches(path: string): boolean;
}

/** A pattern that is not understood or asks for too much. */
export class BadGlob extends Error {
  override readonly name = 'BadGlob';
}

const MAX_ALTERNATIVES = 64;
const STAR = Symbol('any number of characters');
const GLOBSTAR = Symbol('any number of folders');

/** One character of a name: itself, or whether another one fits. */
type Token = string | typeof STAR | ((character: string) => boolean);
type Segment = readonly Token[] | typeof GLOBSTAR;

/**
 * Globs without regular expressions: those that the usual libraries make take exponential time for patterns such as `*a*a*a*b`,
 * and the patterns are anybody's. This takes at most the product of both lengths.
 *
 * @throws BadGlob
 */
export function parseGlob(pattern: string): Glob {
  const trimmed = pattern.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  const alternatives = expandBraces(trimmed, pattern).map((text) => text.split('/').map(parseSegment));
  return {
    isName: !trimmed.includes('/'),
    matches: (path) => {
      const names = path.split('/').map((name) => Array.from(name));
      return alternatives.some((segments) => matchesPath(segments, names));
    },
  };
}

const matchesPath = (segments: readonly Segment[], names: readonly (readonly string[])[]): boolean =>
  matchSequence(segments, names, {
    isStar: (segment) => segment === GLOBSTAR,
    fits: (segment, name) =>
      segment !== GLOBSTAR &&
      matchSequence(segment, name, {
        isStar: (token) => token === STAR,
        fits: (token, character) => (typeof token === 'function' ? token(character) : token === character),
      }),
  });

interface Rules<P, T> {
  readonly isStar: (part: P) => boolean;
  readonly fits: (part: P, item: T) => boolean;
}

/** After a mismatch only the last star need take more: what an earlier one took was the least that fits. */
function matchSequence<P, T>(pattern: readonly P[], items: readonly T[], { isStar, fits }: Rules<P, T>): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let item = 0; item < items.length;) {
    // Both are within their arrays, whatever the types say: `at` is checked and `item` is the loop's.
    if (at < pattern.length && isStar(pattern[at] as P)) {
      star = at++;
      resume = item;
    } else if (at < pattern.length && fits(pattern[at] as P, items[item] as T)) {
      at += 1;
      item += 1;
    } else if (star === -1) return false;
    else {
      at = star + 1;
      item = ++resume;
    }
  }
  while (at < pattern.length && isStar(pattern[at] as P)) at += 1;
  return at === pattern.length;
}

function parseSegment(text: string): Segment {
  if (text === '**') return GLOBSTAR;
  const tokens: Token[] = [];
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    const set = character === '[' ? parseSet(characters, at) : undefined;
    if (set !== undefined) {
      tokens.push(set.fits);
      at = set.end;
    } else if (character === '\\' && at + 1 < characters.length) tokens.push(characters[++at] ?? '');
    else if (character === '?') tokens.push(() => true);
    else if (character === '*') tokens.push(STAR);
    else tokens.push(character);
  }
  return tokens;
}

/** `[a-z_]` or `[!a-z]`; a bracket that nothing closes is an ordinary character. */
function parseSet(characters: readonly string[], start: number) {
  const isNegated = characters[start + 1] === '!' || characters[start + 1] === '^';
  const first = start + (isNegated ? 2 : 1);
  const end = characters.indexOf(']', first + 1);
  if (end === -1) return undefined;
  const members = characters.slice(first, end);
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < members.length; at += 1) {
    const low = members[at] ?? '';
    const high = members[at + 1] === '-' ? members[at + 2] : undefined;
    ranges.push([low, high ?? low]);
    if (high !== undefined) at += 2;
  }
  return { end, fits: (character: string) => ranges.some(([low, high]) => low <= character && character <= high) !== isNegated };
}

/** `a{b,c}` as `ab` and `ac`. */
function expandBraces(text: string, pattern: string): readonly string[] {
  const done: string[] = [];
  const open = [text];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = firstGroup(next);
    if (group === undefined) done.push(next);
    else open.push(...group.toReversed());
    if (done.length + open.length > MAX_ALTERNATIVES)
      throw new BadGlob(`${pattern} stands for more than ${MAX_ALTERNATIVES} patterns`);
  }
  return done;
}

/** The texts that the first group of braces with a comma stands for. */
function firstGroup(text: string): readonly string[] | undefined {
  for (let start = text.indexOf('{'); start !== -1; start = text.indexOf('{', start + 1)) {
    if (text[start - 1] === '\\') continue;
    const parts: string[] = [];
    let from = start + 1;
    let depth = 0;
    for (let at = from; at < text.length; at += 1) {
      const character = text[at];
      if (character === '\\') at += 1;
      else if (character === '{') depth += 1;
      else if (character === '}' && depth > 0) depth -= 1;
      else if ((character === ',' || character === '}') && depth === 0) {
        parts.push(text.slice(from, at));
        from = at + 1;
        if (character === '}' && parts.length > 1)
          return parts.map((part) => `${text.slice(0, start)}${part}${text.slice(from)}`);
        if (character === '}') break;
      }
    }
  }
  return undefined;
}
