import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { filePath, orFileError } from './file-error.ts';

export const MAX_FOUND = 10_000;
export const GLOB_SORT_KEYS = ['path', 'name', 'size', 'modified'] as const;

export const FileFindResult = Type.Object({
  path: Type.String(),
  files: Type.Array(Type.String({ description: 'Absolute path' })),
  truncated: Type.Boolean({ description: 'There are more than the answer holds' }),
});
export type FileFindResult = Static<typeof FileFindResult>;

export const GrepMatch = Type.Object({
  file: Type.String({ description: 'Absolute path' }),
  line_number: Type.Integer({ description: 'From 1; the first line of a match over several' }),
  line_content: Type.String({ description: 'Without its newline; cut after 65536 characters' }),
  line: Type.String({ description: 'The same as line_content' }),
  context_before: Type.Optional(Type.Array(Type.String(), { description: 'Left out when none was asked for' })),
  context_after: Type.Optional(Type.Array(Type.String(), { description: 'Left out when none was asked for' })),
});
export type GrepMatch = Static<typeof GrepMatch>;

export const FileGrepResult = Type.Object({
  path: Type.String(),
  pattern: Type.String(),
  matches: Type.Array(GrepMatch),
  match_count: Type.Integer({ description: 'Matches in this answer; the next page begins at offset + match_count' }),
  files_searched: Type.Optional(
    Type.Integer({ description: 'Left out when the search ended early because the answer was full' }),
  ),
  files_matched: Type.Optional(Type.Integer({ description: 'Files with a match in this answer' })),
  truncated: Type.Boolean({ description: 'There are more matches after these' }),
});
export type FileGrepResult = Static<typeof FileGrepResult>;

export const GlobFileInfo = Type.Object({
  path: Type.String({ description: 'Absolute' }),
  name: Type.String(),
  is_directory: Type.Boolean(),
  size: Type.Optional(Type.Integer({ description: 'Bytes' })),
  modified_time: Type.Optional(Type.String({ description: 'ISO 8601, UTC' })),
});
export type GlobFileInfo = Static<typeof GlobFileInfo>;

export const FileGlobResult = Type.Object({
  path: Type.String(),
  pattern: Type.String(),
  files: Type.Array(GlobFileInfo),
  total_count: Type.Integer({ description: 'All that matched, also those that the answer does not hold' }),
  truncated: Type.Boolean(),
});

const SYNTAX =
  '`*` and `?` stay within a name, `**` crosses folders, `[a-z]` and `[!a-z]` are one character, `{a,b}` is either, `\\` takes the ' +
  "next character as it is. Symbolic links are found and not followed into; folders that can't be read are passed over; " +
  'no .gitignore is heeded.';

const glob = (description: string) => Type.String({ description, minLength: 1, maxLength: 1024 });
const globs = (description: string) => Type.Optional(Type.Array(glob('Glob pattern'), { maxItems: 100, description }));
const flag = (value: boolean, description: string) => Type.Optional(Type.Boolean({ default: value, description }));
const contextLines = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 20, default: 0, description }));

export const fileSearchContract = defineContract({
  file_find: {
    method: 'POST',
    path: '/v1/file/find',
    tag: 'file',
    summary: 'Find files by name',
    description:
      `A pattern without a slash is a name at any depth; one with a slash is a path from \`path\`. ${SYNTAX} ` +
      `Files only, hidden ones too, sorted by path; at most ${MAX_FOUND}.`,
    body: Type.Object({
      path: filePath('Folder; absolute, or relative to the workspace'),
      glob: glob('`*.py` and `**/*.py` alike'),
    }),
    response: orFileError(FileFindResult),
  },
  file_grep: {
    method: 'POST',
    path: '/v1/file/grep',
    tag: 'file',
    summary: 'Search the text of files',
    description:
      "ripgrep's syntax and globs. Hidden files are searched and no .gitignore is heeded; `.git` folders below `path`, binary files " +
      "and symbolic links are passed over, and so is what can't be read. Ordered by path and line, so that pages fit together.",
    body: Type.Object({
      path: filePath('Folder or file; a file is searched whatever its size and name'),
      pattern: Type.String({ minLength: 1, maxLength: 4096 }),
      include: globs('Only files with one of these names; a pattern with a slash is a path from `path`'),
      exclude: globs('No files or folders with one of these names'),
      case_insensitive: flag(false, 'Letters of both cases are the same'),
      fixed_strings: flag(false, 'The pattern is a text, no regular expression'),
      context_before: contextLines('Lines before each match'),
      context_after: contextLines('Lines after each match'),
      max_results: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 500 })),
      max_file_size: Type.Optional(
        Type.String({
          default: '1M',
          pattern: '^[0-9]{1,12} ?([KMGkmg]i?)?[Bb]?$',
          description: 'Larger files are passed over; bytes, or with K, M or G of 1024',
        }),
      ),
      multiline: flag(false, 'A match may span lines, and `.` is a newline too'),
      offset: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 1_000_000_000, default: 0, description: 'Matches to pass over' }),
      ),
      type: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: "ripgrep's name of a file type: py, js, ts, rust, go, …" }),
      ),
      recursive: flag(true, 'false: only the files directly in `path`'),
    }),
    response: orFileError(FileGrepResult),
  },
  file_glob: {
    method: 'POST',
    path: '/v1/file/glob',
    tag: 'file',
    summary: 'List the files whose path fits a pattern',
    description:
      `The pattern is a path from \`path\`: \`*.py\` is that folder alone, \`**/*.py\` the whole tree. ${SYNTAX} ` +
      'Hidden names fit only a pattern that spells their dot, unless asked for.',
    body: Type.Object({
      path: filePath('Folder; absolute, or relative to the workspace'),
      pattern: glob('Relative to `path`, or absolute and below it'),
      exclude: globs('Files and folders to pass over: a name at any depth, or with a slash a path from `path`'),
      include_hidden: flag(false, 'Also names that begin with a dot'),
      files_only: flag(true, 'No folders, and no links to folders'),
      include_metadata: flag(true, 'Size and time of each'),
      max_results: Type.Optional(Type.Integer({ minimum: 1, maximum: 50_000, default: 5000 })),
      sort_by: Type.Optional(Type.Enum([...GLOB_SORT_KEYS], { default: 'path' })),
      sort_desc: flag(false, 'Largest, newest or last first'),
    }),
    response: orFileError(FileGlobResult),
  },
});
