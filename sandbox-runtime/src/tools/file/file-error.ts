import { constants } from 'node:os';

import type { FileOperationError } from '@sandfleet/contract/runtime';

export type FileErrorType =
  | 'not_found'
  | 'permission_denied'
  | 'invalid_target'
  | 'already_exists'
  | 'invalid_path'
  | 'read_only_filesystem'
  | 'no_space_left'
  | 'decode_error'
  | 'too_large'
  | 'invalid_pattern'
  | 'io_error';

const BY_ERRNO: Readonly<Record<string, FileErrorType>> = {
  ENOENT: 'not_found',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  EISDIR: 'invalid_target',
  ENOTDIR: 'invalid_target',
  ENXIO: 'invalid_target',
  ELOOP: 'invalid_path',
  ENAMETOOLONG: 'invalid_path',
  EINVAL: 'invalid_path',
  EEXIST: 'already_exists',
  EROFS: 'read_only_filesystem',
  ENOSPC: 'no_space_left',
  EDQUOT: 'no_space_left',
};

/** These pass by themselves or after something was closed; the same call may work later. */
const RETRYABLE = new Set(['EAGAIN', 'EBUSY', 'EMFILE', 'ENFILE', 'EINTR', 'ETXTBSY']);

export interface FileErrorOptions {
  readonly path: string;
  readonly operation: string;
  readonly message: string;
  readonly cause?: unknown;
}

/** One file operation that failed in a way that its caller should see. */
export class FileError extends Error {
  readonly type: FileErrorType;
  readonly path: string;
  readonly operation: string;

  constructor(type: FileErrorType, { path, operation, message, cause }: FileErrorOptions) {
    super(message, { cause });
    this.name = 'FileError';
    this.type = type;
    this.path = path;
    this.operation = operation;
  }

  toData(): FileOperationError {
    const { code } = (this.cause ?? {}) as NodeJS.ErrnoException;
    const errno = code === undefined ? undefined : constants.errno[code as keyof typeof constants.errno];
    return {
      path: this.path,
      operation: this.operation,
      message: this.message,
      error_type: this.type,
      retryable: code !== undefined && RETRYABLE.has(code),
      ...(errno === undefined ? {} : { errno }),
      ...(code === undefined ? {} : { errno_name: code }),
      ...(this.cause instanceof Error ? { exception_type: this.cause.name } : {}),
    };
  }
}

/** What the file system said, as the caller's file error. Anything that is no system error passes through unchanged. */
export function toFileError(error: unknown, path: string, operation: string): unknown {
  if (error instanceof FileError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !(code in constants.errno)) return error;
  const reason = error.message.replace(/^\w+: /, '').split(',')[0] ?? code;
  return new FileError(BY_ERRNO[code] ?? 'io_error', {
    path,
    operation,
    message: `Cannot ${operation} ${path}: ${reason}`,
    cause: error,
  });
}
