import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import type { FileInfo } from '@sandfleet/contract/runtime';

import { isoTime } from './iso-time.ts';

export const MAX_ENTRIES = 10_000;
/** What stands for bytes of a name that are no UTF-8. */
const NOT_UTF8 = '\ufffd';

export interface ListOptions {
  readonly recursive?: boolean | undefined;
  readonly showHidden?: boolean | undefined;
  /** Extensions with their dot; directories are listed whatever their name. */
  readonly fileTypes?: readonly string[] | undefined;
  /** Levels below the directory; 1 is the directory itself. */
  readonly maxDepth?: number | undefined;
  readonly includeSize?: boolean | undefined;
  readonly includePermissions?: boolean | undefined;
  readonly sortBy?: 'name' | 'path' | 'size' | 'modified' | 'type' | undefined;
  readonly sortDescending?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Listing {
  readonly files: readonly FileInfo[];
  readonly truncated: boolean;
}

interface Entry {
  readonly info: FileInfo;
  /** Missing for a name that is no UTF-8: it can be shown, and not asked for. */
  readonly stats: Stats | undefined;
}

/** Lists a directory, breadth first, so that a listing that is cut short has the top of the tree. */
export async function listDirectory(path: string, options: ListOptions = {}): Promise<Listing> {
  const entries: Entry[] = [];
  const depthLimit = options.recursive ? (options.maxDepth ?? Number.POSITIVE_INFINITY) : 1;
  let level = [path];
  let truncated = false;
  for (let depth = 1; depth <= depthLimit && level.length > 0 && !truncated; depth += 1) {
    const next: string[] = [];
    for (const directory of level) {
      truncated = await listOne({ directory, options, entries, isRoot: depth === 1, onDirectory: (child) => next.push(child) });
      if (truncated) break;
    }
    level = next;
  }
  return { files: sorted(entries, options).map(({ info }) => info), truncated };
}

interface Step {
  readonly directory: string;
  readonly options: ListOptions;
  readonly entries: Entry[];
  readonly isRoot: boolean;
  readonly onDirectory: (path: string) => void;
}

/** Returns whether the listing is full. */
async function listOne({ directory, options, entries, isRoot, onDirectory }: Step): Promise<boolean> {
  const handle = await openOrSkip(directory, isRoot);
  if (handle === undefined) return false;
  for await (const dirent of handle) {
    options.signal?.throwIfAborted();
    if (options.showHidden === false && dirent.name.startsWith('.')) continue;
    const path = join(directory, dirent.name);
    if (dirent.isDirectory()) onDirectory(path);
    if (!isWanted(dirent, options.fileTypes)) continue;
    if (entries.length >= MAX_ENTRIES) return true;
    const entry = await describe(dirent, path, options);
    if (entry !== undefined) entries.push(entry);
  }
  return false;
}

/** Below the directory that was asked for, what cannot be opened is listed and not entered. */
async function openOrSkip(directory: string, isRoot: boolean) {
  try {
    return await opendir(directory);
  } catch (error) {
    if (isRoot) throw error;
    return undefined;
  }
}

function isWanted(dirent: Dirent, fileTypes: readonly string[] | undefined): boolean {
  return fileTypes === undefined || fileTypes.length === 0 || dirent.isDirectory() || fileTypes.includes(extname(dirent.name));
}

async function describe(dirent: Dirent, path: string, options: ListOptions): Promise<Entry | undefined> {
  // A file that vanished since the directory was read is no error; a broken link is described as the link it is.
  const stats = await (dirent.isSymbolicLink() ? stat(path).catch(() => lstat(path)) : lstat(path)).catch(() => undefined);
  if (stats === undefined && !dirent.name.includes(NOT_UTF8)) return undefined;
  const isDirectory = stats?.isDirectory() ?? dirent.isDirectory();
  return {
    stats,
    info: {
      name: dirent.name,
      path,
      is_directory: isDirectory,
      ...(stats === undefined ? {} : describeStats(stats, options)),
      extension: isDirectory ? '' : extname(dirent.name),
    },
  };
}

function describeStats(stats: Stats, options: ListOptions): Partial<FileInfo> {
  return {
    ...(options.includeSize === false ? {} : { size: stats.size }),
    modified_time: isoTime(stats.mtimeMs),
    ...(options.includePermissions ? { permissions: permissionsOf(stats.mode) } : {}),
  };
}

export function permissionsOf(mode: number): string {
  return [6, 3, 0]
    .map((shift) => ['r', 'w', 'x'].map((letter, bit) => ((mode >> shift) & (4 >> bit) ? letter : '-')).join(''))
    .join('');
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function sorted(entries: readonly Entry[], { sortBy = 'name', sortDescending }: ListOptions): readonly Entry[] {
  const compare: Record<typeof sortBy, (a: Entry, b: Entry) => number> = {
    name: (a, b) => byText(a.info.name, b.info.name),
    path: (a, b) => byText(a.info.path, b.info.path),
    size: (a, b) => (a.stats?.size ?? 0) - (b.stats?.size ?? 0),
    modified: (a, b) => (a.stats?.mtimeMs ?? 0) - (b.stats?.mtimeMs ?? 0),
    type: (a, b) =>
      Number(b.info.is_directory) - Number(a.info.is_directory) || byText(a.info.extension ?? '', b.info.extension ?? ''),
  };
  const sign = sortDescending ? -1 : 1;
  return entries.toSorted((a, b) => sign * compare[sortBy](a, b) || byText(a.info.path, b.info.path));
}
