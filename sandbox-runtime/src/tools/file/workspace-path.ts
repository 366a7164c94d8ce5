import { resolve } from 'node:path';

import { FileError } from './file-error.ts';

export interface Places {
  readonly home: string;
  readonly workspace: string;
}

/** Absolute form of a path as callers write them: absolute, relative to the workspace, or below `~`. */
export function resolvePath(path: string, { home, workspace }: Places, operation: string): string {
  if (path.includes('\0')) {
    throw new FileError('invalid_path', {
      path: path.replaceAll('\0', '\\0'),
      operation,
      message: 'A path holds no NUL character.',
    });
  }
  if (path === '~' || path.startsWith('~/')) return resolve(home, path.slice(2));
  return resolve(workspace, path);
}
