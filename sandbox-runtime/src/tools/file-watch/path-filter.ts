import { ApiError } from '@sandfleet/contract';

import { BadGlob } from '../file/glob-pattern.ts';
import { parseGlob, type Glob } from './glob.ts';

/** Which paths a watcher looks at, and which of them it tells about. Paths are relative to what is watched. */
export interface PathFilter {
  /** Not looked at; of a directory, nothing below it either. */
  isExcluded(path: string, name: string): boolean;
  isIncluded(path: string, name: string): boolean;
}

/** @throws ApiError BAD_REQUEST */
export function pathFilter(exclude: readonly string[], include: readonly string[]): PathFilter {
  const excluded = exclude.map(parse);
  const included = include.map(parse);
  return {
    isExcluded: (path, name) => matchesAny(excluded, path, name),
    isIncluded: (path, name) => included.length === 0 || matchesAny(included, path, name),
  };
}

const matchesAny = (globs: readonly Glob[], path: string, name: string): boolean =>
  globs.some((glob) => glob.matches(glob.isName ? name : path));

function parse(pattern: string): Glob {
  try {
    return parseGlob(pattern);
  } catch (error) {
    if (error instanceof BadGlob) throw new ApiError('BAD_REQUEST', { message: error.message, cause: error });
    throw error;
  }
}
