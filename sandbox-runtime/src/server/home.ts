import { cp, readdir } from 'node:fs/promises';

import type { Logger } from '@sandfleet/server-kit';

import { makeFolders } from '../make-folders.ts';

/** Makes the home and the workspace usable: a new volume is empty, and hides what the image had there. */
export async function prepareHome({
  home,
  workspace,
  skeleton,
  log,
}: {
  home: string;
  workspace: string;
  skeleton: string;
  log: Logger;
}): Promise<void> {
  try {
    await makeFolders(home);
    if (await isEmpty(home)) await cp(skeleton, home, { recursive: true, force: false, errorOnExist: false });
    await makeFolders(workspace);
  } catch (error) {
    // A sandbox on a read-only or full volume still answers and can say so; one that does not start cannot.
    log.warn({ err: error, home, workspace }, 'the home directory could not be prepared');
  }
}

/** A freshly formatted volume has the file system's own folder in it. */
async function isEmpty(directory: string): Promise<boolean> {
  const names = await readdir(directory);
  return names.every((name) => name === 'lost+found');
}
