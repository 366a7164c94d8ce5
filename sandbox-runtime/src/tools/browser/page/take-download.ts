import { copyFile, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { FileError, toFileError } from '../../file/file-error.ts';
import { resolvePath, type Places } from '../../file/workspace-path.ts';
import type { Download, Downloads } from '../session/downloads.ts';
import { PageError } from './page-error.ts';

/** The click before the wait may have brought the whole file already. */
const A_MOMENT_MS = 60_000;

/** Hands each download to one wait. */
export class DownloadQueue {
  readonly #downloads: Downloads;
  #taken = 0;

  constructor(downloads: Downloads) {
    this.#downloads = downloads;
  }

  /** The next one that nobody has taken: one of the last minute, or one that is yet to begin. */
  async next(signal: AbortSignal): Promise<Readonly<Download>> {
    const recent = Date.now() - A_MOMENT_MS;
    const waiting = this.#downloads.list().find(({ number, startedAt }) => number > this.#taken && startedAt.getTime() >= recent);
    const before = waiting === undefined ? this.#downloads.count : waiting.number - 1;
    const download = await this.#downloads.finishedAfter(before, signal);
    this.#taken = Math.max(this.#taken, download.number);
    return download;
  }
}

/** Where the file is then. A path that is a folder, or ends like one, gets it under its own name. */
export async function saveDownload(download: Readonly<Download>, savePath: string | undefined, places: Places): Promise<string> {
  if (download.state !== 'completed') throw new PageError(`The download of ${download.filename} did not finish.`);
  if (savePath === undefined) return download.path;
  const given = resolvePath(savePath, places, 'save');
  try {
    const isFolder = savePath.endsWith('/') || ((await stat(given).catch(() => undefined))?.isDirectory() ?? false);
    const path = isFolder ? join(given, download.filename) : given;
    await mkdir(dirname(path), { recursive: true });
    const existing = await stat(path).catch(() => undefined);
    if (existing !== undefined && !existing.isFile()) throw new PageError(`${path} is not a regular file.`);
    if (path !== download.path) await copyFile(download.path, path, constants.COPYFILE_FICLONE);
    return path;
  } catch (error) {
    const shown = toFileError(error, given, 'save');
    throw shown instanceof FileError ? new PageError(shown.message, { cause: error }) : shown;
  }
}
