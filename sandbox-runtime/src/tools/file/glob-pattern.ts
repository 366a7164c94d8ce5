import { parseName, fitsName, type NamePattern } from './name-pattern.ts';

/** Of one pattern, and of all that are looked for at once. */
const MAX_ALTERNATIVES = 64;
const MAX_WAYS = 256;
const MAX_SEGMENTS = 128;

/** A pattern that can't be understood; the message says why. */
export class BadGlob extends Error {
  override readonly name = 'BadGlob';
}

const ANY_PATH = Symbol('**');
type Segment = NamePattern | typeof ANY_PATH;

/** For each way to read the pattern, the segments that may come next. */
export type GlobState = readonly (readonly number[])[];

/**
 * A pattern of paths as an automaton that takes one name after the other: a walk hands each folder's state down, so that names are
 * looked at once, folders that lead nowhere are not entered, and no pattern takes more than linear time.
 */
export interface Glob {
  readonly start: GlobState;
  step(state: GlobState, name: string): GlobState;
  isEnd(state: GlobState): boolean;
  /** Whether something below may fit. */
  leadsOn(state: GlobState): boolean;
}

/** @throws BadGlob */
export function compileGlobs(patterns: readonly string[], { hidden }: { hidden: boolean }): Glob {
  const ways: (readonly Segment[])[] = [];
  for (const pattern of patterns) {
    for (const alternative of alternativesOf(pattern)) ways.push(segmentsOf(alternative));
    if (ways.length > MAX_WAYS) throw new BadGlob(`all patterns together have at most ${MAX_WAYS} alternatives`);
  }
  const reach = (segments: readonly Segment[], positions: readonly number[]): readonly number[] => {
    const all = new Set<number>();
    for (let position of positions) {
      all.add(position);
      // "**" may also stand for nothing.
      while (segments[position] === ANY_PATH) all.add((position += 1));
    }
    return [...all];
  };
  const next = (segments: readonly Segment[], positions: readonly number[], name: string): readonly number[] => {
    const isHidden = !hidden && name.startsWith('.');
    const reached = positions.flatMap((position) => {
      const segment = segments[position];
      if (segment === undefined) return [];
      if (segment === ANY_PATH) return isHidden ? [] : [position];
      return (!isHidden || segment[0] === DOT) && fitsName(segment, name) ? [position + 1] : [];
    });
    return reached.length === 0 ? NOWHERE : reach(segments, reached);
  };
  return {
    start: ways.map((segments) => reach(segments, [0])),
    step: (state, name) => ways.map((segments, way) => next(segments, state[way] ?? NOWHERE, name)),
    isEnd: (state) => ways.some((segments, way) => state[way]?.includes(segments.length)),
    leadsOn: (state) => ways.some((segments, way) => state[way]?.some((position) => position < segments.length)),
  };
}

const NOWHERE: readonly number[] = [];
const DOT = 46;

function segmentsOf(pattern: string): readonly Segment[] {
  const parts = splitPath(pattern).filter((part) => part !== '' && part !== '.');
  if (parts.length > MAX_SEGMENTS) throw new BadGlob(`a pattern has at most ${MAX_SEGMENTS} parts`);
  if (parts.includes('..')) throw new BadGlob('a pattern goes down from the path, never up by ".."');
  if (parts.length === 0) throw new BadGlob('the pattern names nothing');
  const segments = parts.map((part): Segment => (part === '**' ? ANY_PATH : parseName(part)));
  // What stands before the last slash is a folder, and "**" behind it means what is in there.
  return segments.at(-1) === ANY_PATH ? [...segments, parseName('*')] : segments;
}

/** A slash in brackets or behind a backslash is none that a name could hold, so every slash parts. */
const splitPath = (pattern: string): readonly string[] => pattern.split('/');

/** `a{b,c{d,e}}` → `ab`, `acd`, `ace`; braces without a comma or without their partner are characters like others. */
export function alternativesOf(pattern: string): readonly string[] {
  const done: string[] = [];
  const open = [pattern];
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    const brace = firstBrace(text);
    if (brace === undefined) done.push(text);
    else {
      const { from, to, options } = brace;
      for (const option of options.toReversed()) open.push(text.slice(0, from) + option + text.slice(to));
    }
    if (done.length + open.length > MAX_ALTERNATIVES) throw new BadGlob(`braces make at most ${MAX_ALTERNATIVES} patterns`);
  }
  return done;
}

interface Brace {
  readonly from: number;
  readonly to: number;
  readonly options: readonly string[];
}

interface Open {
  readonly from: number;
  readonly commas: number[];
}

/** The first brace that has its partner and a comma. One pass: to look for the partner of each anew takes the pattern's square. */
function firstBrace(text: string): Brace | undefined {
  const open: Open[] = [];
  let first: (Open & { readonly to: number }) | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '{') open.push({ from: at, commas: [] });
    else if (character === ',') open.at(-1)?.commas.push(at);
    else if (character === '}') {
      const closed = open.pop();
      if (closed === undefined || closed.commas.length === 0) continue;
      if (first === undefined || closed.from < first.from) first = { ...closed, to: at };
    }
  }
  if (first === undefined) return undefined;
  const { from, to, commas } = first;
  const starts = [from, ...commas];
  return { from, to: to + 1, options: starts.map((start, index) => text.slice(start + 1, commas[index] ?? to)) };
}
