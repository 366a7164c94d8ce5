import { stat } from 'node:fs/promises';

import { ApiError } from '@sandfleet/contract';

import { resolvePath, type Places } from '../file/workspace-path.ts';

/** @throws ApiError BAD_REQUEST where there is no such directory. */
export async function directoryOf(path: string | undefined, places: Places): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const directory = resolvePath(path, places, 'open');
  const stats = await stat(directory).catch(() => undefined);
  if (stats?.isDirectory()) return directory;
  throw new ApiError('BAD_REQUEST', { message: `exec_dir ${directory} is not a directory` });
}

/** @throws ApiError BAD_REQUEST where there is no such file. */
export async function snapshotOf(path: string | undefined, places: Places): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const snapshot = resolvePath(path, places, 'open');
  const stats = await stat(snapshot).catch(() => undefined);
  if (stats?.isFile()) return snapshot;
  throw new ApiError('BAD_REQUEST', { message: `snapshot_path ${snapshot} is not a file` });
}
