import { access, constants, stat } from 'node:fs/promises';

import type { Environment } from '../../config.ts';
import { LineTooLong } from '../../process/bounded-lines.ts';
import { FileError } from './file-error.ts';
import { ripgrep, textOf } from './ripgrep.ts';

export const MAX_MATCHES = 10_000;
/** Of all matches together. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

export interface Match {
  /** From 1. */
  readonly lineNumber: number;
  readonly line: string;
}

export interface SearchResult {
  readonly matches: readonly Match[];
  readonly truncated: boolean;
}

/**
 * Searches one file.
 *
 * @throws FileError (invalid_pattern, invalid_target, io_error) and what the file system throws.
 */
export async function searchFile(
  path: string,
  regex: string,
  { env, signal }: { env: Environment; signal?: AbortSignal },
): Promise<SearchResult> {
  await access(path, constants.R_OK);
  if (!(await stat(path)).isFile())
    throw new FileError('invalid_target', {
      path,
      operation: 'search',
      message: `Cannot search ${path}: it is not a regular file`,
    });
  const matches: Match[] = [];
  let characters = 0;
  try {
    for await (const event of ripgrep(['--text', '--regexp', regex, '--', path], { path, operation: 'search', env, signal })) {
      if (event.type !== 'match') continue;
      const match = { lineNumber: event.data.line_number ?? 0, line: textOf(event.data.lines).replace(/\r?\n$/, '') };
      characters += match.line.length;
      if (matches.length === MAX_MATCHES || characters > MAX_CHARACTERS) return { matches, truncated: true };
      matches.push(match);
    }
  } catch (error) {
    if (error instanceof LineTooLong) return { matches, truncated: true };
    throw error;
  }
  return { matches, truncated: false };
}
