import type { FileOperationError } from '@sandfleet/contract/runtime';

import { ok } from '../../server/answers.ts';
import { FileError, toFileError } from './file-error.ts';
import { resolvePath, type Places } from './workspace-path.ts';

export interface Attempt<T> {
  readonly path: string;
  readonly operation: string;
  readonly sudo?: boolean | undefined;
  /** A short note for the agent about a result that may surprise it. */
  readonly hint?: (result: T) => string | undefined;
  /** The result's own fields, empty: published clients know no other shape of `data` and fail on one without them. */
  readonly empty: T;
}

export interface Done<T> {
  success: boolean;
  message: string;
  data: T | (T & FileOperationError);
  hint?: string;
}

/** A file that can't be read is an answer about the file, not a failed call: `success: false` with what went wrong as data. */
export async function attempt<T>(
  { path, operation, sudo, empty, hint }: Attempt<T>,
  places: Places,
  run: (path: string) => Promise<T>,
): Promise<Done<T>> {
  try {
    if (sudo)
      throw new FileError('permission_denied', {
        path,
        operation,
        message: 'This sandbox has no way to become root; leave sudo out.',
      });
    const result = await run(resolvePath(path, places, operation));
    const note = hint?.(result);
    return { ...ok(result), ...(note === undefined ? {} : { hint: note }) };
  } catch (error) {
    const shown = toFileError(error, path, operation);
    if (!(shown instanceof FileError)) throw error;
    return { success: false, message: shown.message, data: { ...empty, ...shown.toData() } };
  }
}
