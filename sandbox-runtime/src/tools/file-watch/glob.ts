import { compileGlobs, type GlobState } from '../file/glob-pattern.ts';

/** One glob: matches names, or paths without a slash at either end. */
export interface Glob {
  /** Whether it stands for a name at any depth rather than for a path. */
  readonly isName: boolean;
  matches(path: string): boolean;
}

/**
 * A pattern of the file tool, by which a folder that all of its content is asked for counts as asked for itself: `dist/**` is also
 * `dist`, so that what nobody wants to hear of need not be watched.
 *
 * @throws BadGlob
 */
export function parseGlob(pattern: string): Glob {
  const trimmed = pattern.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  const folder = trimmed.endsWith('/**') ? [trimmed.slice(0, -'/**'.length)] : [];
  const globs = compileGlobs([trimmed, ...folder], { hidden: true });
  return {
    isName: !trimmed.includes('/'),
    matches: (path) => globs.isEnd(path.split('/').reduce((state: GlobState, name) => globs.step(state, name), globs.start)),
  };
}
