import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

const path = (description: string) => Type.String({ description, minLength: 1, maxLength: 4096 });
const sudo = Type.Optional(Type.Boolean({ description: 'Refused where the sandbox has no way to become root', default: false }));

/** What went wrong with one file; comes as `data` with `success: false` and status 200. */
export const FileOperationError = Type.Object({
  path: Type.String(),
  operation: Type.String(),
  message: Type.String(),
  error_type: Type.String({
    description:
      'not_found, permission_denied, invalid_target, already_exists, invalid_path, read_only_filesystem, no_space_left, decode_error, too_large, invalid_pattern or io_error',
  }),
  retryable: Type.Boolean({ default: false }),
  errno: Type.Optional(Type.Integer()),
  errno_name: Type.Optional(Type.String()),
  exception_type: Type.Optional(Type.String()),
});
export type FileOperationError = Static<typeof FileOperationError>;

export const FileReadResult = Type.Object({ content: Type.String(), file: Type.String(), line_count: Type.Integer() });
export const FileWriteResult = Type.Object({ file: Type.String(), bytes_written: Type.Integer() });
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

export const SORT_KEYS = ['name', 'path', 'size', 'modified', 'type'] as const;

/** Either the result or what went wrong, told apart by `success`. */
const orError = <T extends Parameters<typeof envelope>[0]>(result: T) => envelope(Type.Union([result, FileOperationError]));

export const fileContract = defineContract({
  file_read: {
    method: 'POST',
    path: '/v1/file/read',
    tag: 'file',
    summary: 'Read a text file, or some of its lines',
    description:
      'Lines count from 0 and the end is exclusive. Text is UTF-8; anything else is a decode_error: download it instead.',
    body: Type.Object({
      file: path('Absolute, or relative to the workspace'),
      start_line: Type.Optional(Type.Integer({ minimum: 0 })),
      end_line: Type.Optional(Type.Integer({ minimum: 0 })),
      sudo,
    }),
    response: orError(FileReadResult),
  },
  file_write: {
    method: 'POST',
    path: '/v1/file/write',
    tag: 'file',
    summary: 'Write or append to a file',
    description:
      'Folders on the way are made. A file is replaced as a whole or not at all, and keeps its mode. Newlines are added to text only.',
    body: Type.Object({
      file: path('Absolute, or relative to the workspace'),
      content: Type.String(),
      encoding: Type.Optional(
        Type.Enum(['utf-8', 'base64', 'raw'], { default: 'utf-8', description: 'raw: each character is one byte' }),
      ),
      append: Type.Optional(Type.Boolean({ default: false })),
      leading_newline: Type.Optional(Type.Boolean({ default: false })),
      trailing_newline: Type.Optional(Type.Boolean({ default: false })),
      sudo,
    }),
    response: orError(FileWriteResult),
  },
  file_search: {
    method: 'POST',
    path: '/v1/file/search',
    tag: 'file',
    summary: 'Search one file with a regular expression',
    description: "ripgrep's syntax. Line numbers count from 1, as in grep; `matches[i]` is the line of `line_numbers[i]`.",
    body: Type.Object({
      file: path('Absolute, or relative to the workspace'),
      regex: Type.String({ minLength: 1, maxLength: 4096 }),
      sudo,
    }),
    response: orError(FileSearchResult),
  },
  file_list: {
    method: 'POST',
    path: '/v1/file/list',
    tag: 'file',
    summary: 'List a directory',
    description: 'Symbolic links are listed and not followed into. At most 10000 entries; `truncated` tells when there are more.',
    body: Type.Object({
      path: path('Absolute, or relative to the workspace'),
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
    response: orError(FileListResult),
  },
});
