import { stat } from 'node:fs/promises';

/** Whether a directory is there, be it by a link; what can't be looked at is none. */
export const isDirectory = async (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
