import { access, constants, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { GrepMatch } from '@sandfleet/contract/runtime';

import type { Environment } from '../../config.ts';
import { LineTooLong } from '../../process/bounded-lines.ts';
import { FileError } from './file-error.ts';
import { createPage } from './grep-matches.ts';
import { countFiles, ripgrep, textOf } from './ripgrep.ts';

export interface GrepOptions {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly caseInsensitive?: boolean | undefined;
  readonly fixedStrings?: boolean | undefined;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly maxResults?: number | undefined;
  readonly maxFileSize?: string | undefined;
  readonly multiline?: boolean | undefined;
  readonly offset?: number | undefined;
  readonly type?: string | undefined;
  readonly recursive?: boolean | undefined;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}

export interface GrepResult {
  readonly matches: readonly GrepMatch[];
  readonly filesMatched: number;
  /** Unknown when the search ended early. */
  readonly filesSearched: number | undefined;
  readonly isTruncated: boolean;
}

/**
 * Searches a file, or the files of a folder in the order of their paths.
 *
 * @throws FileError (invalid_pattern, invalid_target, too_large, io_error) and what the file system throws.
 */
export async function grepFiles(path: string, pattern: string, options: GrepOptions): Promise<GrepResult> {
  const root = await rootOf(path);
  const { before = 0, after = 0, offset = 0, maxResults: limit = 500, env, signal } = options;
  const page = createPage({ before, after, offset, limit, fileOf: (name) => join(root.folder, name) });
  const tail = ['--', root.name];
  const args = [...choiceOf(options), ...matchingOf(options), `--regexp=${pattern}`, ...tail];
  // Its globs are relative to the folder that it runs in.
  const place = { path, operation: 'grep', env, cwd: root.folder, signal };
  let file = path;
  try {
    for await (const event of ripgrep(args, place)) {
      if (event.type === 'begin') file = join(root.folder, textOf(event.data.path));
      if (page.take(event)) break;
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    // What was found before it is an answer; the next page begins with it and has nothing to give.
    const result = page.result();
    if (result.matches.length === 0) throw tooLarge(path, file);
    return { ...result, filesSearched: undefined, isTruncated: true };
  }
  const result = page.result();
  return { ...result, filesSearched: result.isTruncated ? undefined : await countFiles([...choiceOf(options), ...tail], place) };
}

/** What ripgrep is to search, and where it is. */
async function rootOf(path: string): Promise<{ readonly folder: string; readonly name: string }> {
  const stats = await stat(path);
  if (stats.isDirectory()) {
    await access(path, constants.R_OK | constants.X_OK);
    return { folder: path, name: './' };
  }
  await access(path, constants.R_OK);
  if (stats.isFile()) return { folder: dirname(path), name: `./${basename(path)}` };
  const message = `Cannot grep ${path}: it is neither a file nor a directory`;
  throw new FileError('invalid_target', { path, operation: 'grep', message });
}

/** Which files. Each value stands behind its option's `=`, so that none can become an option itself. */
function choiceOf({ maxFileSize = '1M', type, recursive, include = [], exclude = [] }: GrepOptions): string[] {
  return [
    '--no-ignore',
    '--hidden',
    `--max-filesize=${bytesOf(maxFileSize)}`,
    ...(recursive === false ? ['--max-depth=1'] : []),
    ...(type === undefined ? [] : [`--type=${TYPES[type.toLowerCase()] ?? type}`]),
    // The last that fits a name decides.
    ...include.map((glob) => `--glob=${/^[!#]/.test(glob) ? '\\' : ''}${glob}`),
    ...exclude.map((glob) => `--glob=!${glob}`),
    '--glob=!.git',
  ];
}

/** What in them, and in which order. */
function matchingOf({ before = 0, after = 0, caseInsensitive, fixedStrings, multiline }: GrepOptions): string[] {
  return [
    '--sort=path',
    ...(before > 0 ? [`--before-context=${before}`] : []),
    ...(after > 0 ? [`--after-context=${after}`] : []),
    ...(caseInsensitive ? ['--ignore-case'] : []),
    ...(fixedStrings ? ['--fixed-strings'] : []),
    ...(multiline ? ['--multiline', '--multiline-dotall'] : []),
  ];
}

const UNITS = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;

/** Of a size as the contract has it. */
export function bytesOf(size: string): number {
  const [, number = '', unit = ''] = /^(\d+) ?([KMG]?)/.exec(size.toUpperCase()) ?? [];
  // The expression lets no other unit through.
  return Math.min(Number(number) * UNITS[unit as keyof typeof UNITS], Number.MAX_SAFE_INTEGER);
}

/** What people call the types that ripgrep has under another name. */
const TYPES: Readonly<Record<string, string>> = {
  python: 'py',
  javascript: 'js',
  typescript: 'ts',
  golang: 'go',
  rs: 'rust',
  rb: 'ruby',
  shell: 'sh',
  bash: 'sh',
  text: 'txt',
  yml: 'yaml',
  kt: 'kotlin',
  'c++': 'cpp',
  'c#': 'cs',
};

const tooLarge = (path: string, file: string): FileError =>
  new FileError('too_large', {
    path,
    operation: 'grep',
    message: `Cannot grep ${path}: a match in ${file} is larger than 8 MiB; exclude that file`,
  });
