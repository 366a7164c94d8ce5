import { ApiError } from '@sandfleet/contract';

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT']);
const NO_ROOM = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** What a caller is told of a system call that failed because the machine is full; undefined for every other error. */
export function fullnessOf(error: Error): ApiError | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (NO_SPACE.has(code)) return new ApiError('STORAGE_FULL', { message: 'There is no space left on the disk.', cause: error });
  if (!NO_ROOM.has(code)) return undefined;
  const message = 'The server has no memory or no descriptors left for this.';
  return new ApiError('TOO_MANY_REQUESTS', { message, retryAfterSeconds: 1, cause: error });
}
