import { constants, type BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';

import { FileError } from './file-error.ts';

export interface OpenFile {
  readonly file: FileHandle;
  readonly stats: BigIntStats;
}

/**
 * Opens what can be read to an end. The look before is for named pipes: opening one would let its writer go on and then fail.
 * The look after is for what took the name's place meanwhile; O_NONBLOCK, for then opening a pipe would wait for a writer.
 *
 * @throws FileError (invalid_target) and what the file system throws.
 */
export async function openRegular(path: string, operation: string): Promise<OpenFile> {
  mustBeRegular(await stat(path, { bigint: true }), path, operation);
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat({ bigint: true });
    mustBeRegular(stats, path, operation);
    return { file, stats };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function mustBeRegular(stats: BigIntStats, path: string, operation: string): void {
  if (stats.isFile()) return;
  const why = stats.isDirectory() ? 'it is a directory' : 'it is not a regular file';
  throw new FileError('invalid_target', { path, operation, message: `Cannot ${operation} ${path}: ${why}` });
}
