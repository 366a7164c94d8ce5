import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { BrowserDownload } from '@sandfleet/contract/runtime';

import type { Download, Downloads } from '../session/downloads.ts';
import { isCopyOf } from '../session/file-name.ts';

const MAX_FILES = 200;
/** More names than this are not looked at: it is no directory of downloads any more. */
const MAX_NAMES = 5000;
/** The clock of a file system goes in steps. */
const CLOCK_STEP_MS = 1000;

/** What is known of downloads, and what lies there besides: a person's, and those of a life before. */
export async function listDownloads(downloads: Downloads): Promise<BrowserDownload[]> {
  const files = await filesOf(downloads.directory);
  // Only now: what has ended since is known for what it is.
  const known = downloads.list().map(toAnswer);
  const paths = new Set(known.map(({ path }) => path));
  const pending = known.filter(({ state }) => state === 'in_progress');
  const others = files.filter((file) => !paths.has(file.path) && !pending.some((download) => mayBe(file, download)));
  return [...others, ...known].toSorted((a, b) => a.started_at.localeCompare(b.started_at));
}

/** The browser has given the file its name, and tells a moment later that the download is complete. */
const mayBe = (file: BrowserDownload, { filename, started_at }: BrowserDownload): boolean =>
  Date.parse(file.started_at) + CLOCK_STEP_MS >= Date.parse(started_at) && isCopyOf(file.filename, filename);

const toAnswer = ({ id, filename, path, url, size, received, state, startedAt }: Readonly<Download>): BrowserDownload => ({
  id,
  filename,
  path,
  url,
  size,
  received,
  state,
  started_at: startedAt.toISOString(),
});

async function filesOf(directory: string): Promise<readonly BrowserDownload[]> {
  const files = await Promise.all((await namesOf(directory)).map((name) => fileOf(directory, name)));
  return files
    .filter((file) => file !== undefined)
    .toSorted((a, b) => a.started_at.localeCompare(b.started_at))
    .slice(-MAX_FILES);
}

async function namesOf(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(directory)) {
      if (names.length === MAX_NAMES) break;
      // Hidden ones, and those that Chromium is still writing.
      if (!name.startsWith('.') && !name.endsWith('.crdownload')) names.push(name);
    }
  } catch {
    // Nothing was ever downloaded.
  }
  return names;
}

async function fileOf(directory: string, name: string): Promise<BrowserDownload | undefined> {
  const path = join(directory, name);
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return undefined;
    const { size } = stats;
    const started_at = stats.mtime.toISOString();
    return { id: `file:${name}`, filename: name, path, url: '', size, received: size, state: 'completed', started_at };
  } catch {
    return undefined;
  }
}
