import type { ChildProcess } from 'node:child_process';

import { ApiError } from '@sandfleet/contract';

const NO_ROOM = new Set<unknown>(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']);

const noRoom = (cause?: Error): ApiError =>
  new ApiError('TOO_MANY_REQUESTS', {
    message: 'The sandbox has no room for another process.',
    retryAfterSeconds: 1,
    ...(cause === undefined ? {} : { cause }),
  });

/** What a caller is told of a process that could not be started. */
export const toStartError = (error: Error): Error => ('code' in error && NO_ROOM.has(error.code) ? noRoom(error) : error);

/**
 * Node gives a child without streams where no descriptor is left for them, and tells so by an event that ends the server when
 * nobody listens.
 *
 * @throws ApiError TOO_MANY_REQUESTS
 */
export function requireStreams(child: ChildProcess): void {
  child.on('error', () => undefined);
  // The types of Node don't know this case.
  const { stdio } = child as { readonly stdio?: unknown };
  if (stdio === undefined) throw noRoom();
}
