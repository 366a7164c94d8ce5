import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { filePath, orFileError, sudo } from './file-error.ts';
import { fileSearchContract } from './file-search.ts';
import { fileTransferContract } from './file-transfer.ts';

export const FileReadResult = Type.Object({ content: Type.String(), file: Type.String(), line_count: Type.Integer() });
export const FileWriteResult = Type.Object({ file: Type.String(), bytes_written: Type.Integer() });
export const FileReplaceResult = Type.Object({ file: Type.String(), replaced_count: Type.Integer({ default: 0 }) });
export const FileSearchResult = Type.Object({
  file: Type.String(),
  matches: Type.Array(Type.String()),
  line_numbers: Type.Array(Type.Integer()),
  match_details: Type.Array(Type.Object({ line_number: Type.Integer(), line: Type.String() })),
  truncated: Type.Boolean(),
});
export const FileInfo = Type.Object({
  name: Type.String(),
  path: Type.String(),
  is_directory: Type.Boolean(),
  size: Type.Optional(Type.Integer({ description: 'Bytes' })),
  modified_time: Type.Optional(Type.String({ description: 'ISO 8601, UTC' })),
  permissions: Type.Optional(Type.String({ description: 'As ls prints them: rwxr-xr-x' })),
  extension: Type.Optional(Type.String({ description: 'With its dot, empty where there is none' })),
});
export type FileInfo = Static<typeof FileInfo>;
export const FileListResult = Type.Object({
  path: Type.String(),
  files: Type.Array(FileInfo),
  total_count: Type.Integer(),
  directory_count: Type.Integer(),
  file_count: Type.Integer(),
  truncated: Type.Boolean(),
});

/** Characters of each side of a replacement. */
const MAX_REPLACE_LENGTH = 8 * 1024 * 1024;

export const SORT_KEYS = ['name', 'path', 'size', 'modified', 'type'] as const;

export const fileContentContract = defineContract({
  file_read: {
    method: 'POST',
    path: '/v1/file/read',
    tag: 'file',
    summary: 'Read a text file, or some of its lines',
    description:
      'Lines count from 0 and the end is exclusive. Text is UTF-8; anything else is a decode_error: download it instead.',
    body: Type.Object({
      file: filePath('Absolute, or relative to the workspace'),
      start_line: Type.Optional(Type.Integer({ minimum: 0 })),
      end_line: Type.Optional(Type.Integer({ minimum: 0 })),
      sudo,
    }),
    response: orFileError(FileReadResult),
  },
  file_write: {
    method: 'POST',
    path: '/v1/file/write',
    tag: 'file',
    summary: 'Write or append to a file',
    description:
      'Folders on the way are made. A file is replaced as a whole or not at all, and keeps its mode; one that is mounted by ' +
      'itself is written in place. Changes of one file by several calls at once are made one after the other. Newlines are added to ' +
      'text only.',
    body: Type.Object({
      file: filePath('Absolute, or relative to the workspace'),
      content: Type.String(),
      encoding: Type.Optional(
        Type.Enum(['utf-8', 'base64', 'raw'], { default: 'utf-8', description: 'raw: each character is one byte' }),
      ),
      append: Type.Optional(Type.Boolean({ default: false })),
      leading_newline: Type.Optional(Type.Boolean({ default: false })),
      trailing_newline: Type.Optional(Type.Boolean({ default: false })),
      sudo,
    }),
    response: orFileError(FileWriteResult),
  },
  file_replace: {
    method: 'POST',
    path: '/v1/file/replace',
    tag: 'file',
    summary: 'Replace a text in a file by another, everywhere',
    description:
      'Literal: no pattern, and newlines must be those of the file. Every occurrence is replaced, from the start and without overlap. ' +
      'None is no failure: `replaced_count` is 0, the file is left as it is and `hint` says so. Files and results up to 64 MiB of UTF-8.',
    body: Type.Object({
      file: filePath('Absolute, or relative to the workspace'),
      old_str: Type.String({ minLength: 1, maxLength: MAX_REPLACE_LENGTH }),
      new_str: Type.String({ maxLength: MAX_REPLACE_LENGTH, description: 'Empty removes the text' }),
      sudo,
    }),
    response: orFileError(FileReplaceResult),
  },
  file_search: {
    method: 'POST',
    path: '/v1/file/search',
    tag: 'file',
    summary: 'Search one file with a regular expression',
    description: "ripgrep's syntax. Line numbers count from 1, as in grep; `matches[i]` is the line of `line_numbers[i]`.",
    body: Type.Object({
      file: filePath('Absolute, or relative to the workspace'),
      regex: Type.String({ minLength: 1, maxLength: 4096 }),
      sudo,
    }),
    response: orFileError(FileSearchResult),
  },
  file_list: {
    method: 'POST',
    path: '/v1/file/list',
    tag: 'file',
    summary: 'List a directory',
    description: 'Symbolic links are listed and not followed into. At most 10000 entries; `truncated` tells when there are more.',
    body: Type.Object({
      path: filePath('Absolute, or relative to the workspace'),
      recursive: Type.Optional(Type.Boolean({ default: false })),
      show_hidden: Type.Optional(Type.Boolean({ default: true })),
      file_types: Type.Optional(
        Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100, description: 'Extensions with their dot' }),
      ),
      max_depth: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
      include_size: Type.Optional(Type.Boolean({ default: true })),
      include_permissions: Type.Optional(Type.Boolean({ default: false })),
      sort_by: Type.Optional(Type.Enum([...SORT_KEYS], { default: 'name' })),
      sort_desc: Type.Optional(Type.Boolean({ default: false })),
    }),
    response: orFileError(FileListResult),
  },
});

/** Every operation on files but the editor's and the watchers'. */
export const fileContract = { ...fileContentContract, ...fileSearchContract, ...fileTransferContract };
