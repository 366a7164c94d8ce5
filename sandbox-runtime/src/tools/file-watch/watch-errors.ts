import { ApiError } from '@sandfleet/contract';

/** What the system said to a watch, as the caller's error. */
export function watchError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof ApiError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new ApiError('PATH_NOT_FOUND', { message: `There is no ${path} to watch.`, cause: error });
  if (code === 'EACCES' || code === 'EPERM')
    return new ApiError('FORBIDDEN', { message: `The sandbox may not read ${path}.`, cause: error });
  if (code === 'ENOSPC')
    return new ApiError('WATCHER_LIMIT', {
      message: `The kernel has no inotify watch left (fs.inotify.max_user_watches); watch a smaller tree than ${path}.`,
      cause: error,
    });
  if (code === 'EMFILE' || code === 'ENFILE')
    return new ApiError('WATCHER_LIMIT', {
      message: "The kernel's limit of inotify instances (fs.inotify.max_user_instances) or open files is reached.",
      cause: error,
    });
  if (code === 'ELOOP' || code === 'ENAMETOOLONG')
    return new ApiError('BAD_REQUEST', { message: `${path} can't be watched: ${code}.`, cause: error });
  return error;
}

/** The system has no room for one more watch. */
export const isOutOfWatches = (error: unknown): boolean =>
  ['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM'].includes((error as NodeJS.ErrnoException).code ?? '');
