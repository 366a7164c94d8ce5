import type { FileOperationError } from '@sandfleet/contract/runtime';

import { FileError } from '../file-error.ts';

/** What can be wrong with an edit though nothing is wrong with the file system. */
export type EditorErrorType =
  | 'invalid_argument'
  | 'no_match'
  | 'not_unique'
  | 'no_history'
  | 'changed'
  | 'missing_dependency'
  | 'busy'
  | 'timeout'
  | 'not_found'
  | 'invalid_path'
  | 'invalid_target'
  | 'too_large'
  | 'io_error';

export interface EditorErrorOptions {
  readonly path: string;
  readonly message: string;
  readonly cause?: unknown;
}

/** A command of the editor that failed. Agents read the message and try again, so it says what to do. */
export class EditorError extends FileError {
  readonly reason: EditorErrorType;

  constructor(reason: EditorErrorType, options: EditorErrorOptions) {
    super('io_error', { ...options, operation: 'str_replace_editor' });
    this.name = 'EditorError';
    this.reason = reason;
  }

  override toData(): FileOperationError {
    return { ...super.toData(), error_type: this.reason, retryable: this.reason === 'busy' || this.reason === 'timeout' };
  }
}

/** Clients look for the first words. */
export const invalid = (parameter: string, value: unknown, path: string, hint: string): EditorError =>
  new EditorError('invalid_argument', {
    path,
    message: `Invalid \`${parameter}\` parameter: ${JSON.stringify(value)}. ${hint}`,
  });

export const required = (parameter: string, command: string, path: string): EditorError =>
  new EditorError('invalid_argument', { path, message: `Parameter \`${parameter}\` is required for command: ${command}.` });
