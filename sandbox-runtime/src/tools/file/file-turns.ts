import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { createTurns } from './in-turn.ts';

/** Makes the changes of one file one after the other, whatever links lead to it; gives each the file's one name. */
export type FileTurns = <T>(path: string, change: (identity: string) => Promise<T>) => Promise<T>;

export function createFileTurns(): FileTurns {
  const inTurn = createTurns();
  return async (path, change) => {
    const identity = await identityOf(path);
    return inTurn(identity, () => change(identity));
  };
}

/** Also of a file that does not exist. */
async function identityOf(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  const folder = await realpath(dirname(path)).catch(() => undefined);
  return folder === undefined ? path : join(folder, basename(path));
}
