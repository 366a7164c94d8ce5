import { Type, type Static, type TSchema } from 'typebox';

import { envelope } from './envelope.ts';

export const filePath = (description: string) => Type.String({ description, minLength: 1, maxLength: 4096 });
export const sudo = Type.Optional(
  Type.Boolean({ description: 'Refused where the sandbox has no way to become root', default: false }),
);

/** What went wrong with one file; comes as `data` with `success: false` and status 200. */
export const FileOperationError = Type.Object({
  path: Type.String(),
  operation: Type.String(),
  message: Type.String(),
  error_type: Type.String({
    description:
      'not_found, permission_denied, invalid_target, already_exists, invalid_path, read_only_filesystem, no_space_left, ' +
      'decode_error, too_large, invalid_pattern or io_error',
  }),
  retryable: Type.Boolean({ default: false }),
  errno: Type.Optional(Type.Integer()),
  errno_name: Type.Optional(Type.String()),
  exception_type: Type.Optional(Type.String()),
});
export type FileOperationError = Static<typeof FileOperationError>;

/** Either the result or what went wrong, told apart by `success`. */
export const orFileError = <T extends TSchema>(result: T) => envelope(Type.Union([result, FileOperationError]));
