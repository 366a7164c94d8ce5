import type { Dirent, Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';

import { MAX_FOUND, type GlobFileInfo } from '@sandfleet/contract/runtime';

import { FileError } from './file-error.ts';
import { firstOf, type FirstOf } from './first-of.ts';
import { BadGlob, compileGlobs, type GlobState } from './glob-pattern.ts';
import { isoTime } from './iso-time.ts';
import { walk } from './walk.ts';

export interface GlobOptions {
  readonly exclude?: readonly string[] | undefined;
  readonly includeHidden?: boolean | undefined;
  readonly filesOnly?: boolean | undefined;
  readonly includeMetadata?: boolean | undefined;
  readonly maxResults?: number | undefined;
  readonly sortBy?: 'path' | 'name' | 'size' | 'modified' | undefined;
  readonly sortDescending?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GlobResult {
  readonly files: readonly GlobFileInfo[];
  readonly total: number;
  readonly truncated: boolean;
}

interface Found {
  readonly path: string;
  readonly name: string;
  isDirectory: boolean;
  readonly isLink: boolean;
  stats?: Stats;
}

/** Files whose name fits, at any depth; a pattern with a slash is a path from the root. */
export async function findFiles(root: string, pattern: string, signal?: AbortSignal): Promise<GlobResult> {
  const anywhere = pattern.includes('/') ? pattern : `**/${pattern}`;
  const options = { includeHidden: true, includeMetadata: false, maxResults: MAX_FOUND, signal };
  return globbed(root, anywhere, { ...options, operation: 'find' });
}

/** @throws FileError (invalid_pattern) and what the file system throws about the root. */
export async function globFiles(root: string, pattern: string, options: GlobOptions): Promise<GlobResult> {
  return globbed(root, pattern, { ...options, operation: 'glob' });
}

async function globbed(
  root: string,
  pattern: string,
  options: GlobOptions & { readonly operation: string },
): Promise<GlobResult> {
  const { maxResults = 5000, signal } = options;
  const globs = compiled(root, pattern, options);
  const found = firstOf(maxResults, order(options));
  const unsure: Found[] = [];
  const settle = async () => {
    for (const item of await described(unsure.splice(0))) add(found, item, options);
  };
  const needsStats = options.sortBy === 'size' || options.sortBy === 'modified';
  const visit = (entry: Dirent, path: string, state: States): States | undefined => {
    const next = globs.step(state, entry.name);
    if (next === undefined) return undefined;
    if (globs.fits(next)) {
      const isLink = entry.isSymbolicLink();
      const item = { path, name: entry.name, isDirectory: entry.isDirectory(), isLink };
      if (isLink || needsStats) unsure.push(item);
      else add(found, item, options);
    }
    return globs.leadsOn(next) ? next : undefined;
  };
  const isWhole = await walk({ path: root, state: globs.start }, { visit, settle, signal });
  const items = options.includeMetadata === false ? found.items() : await described(found.items());
  return {
    files: items.map((item) => toInfo(item, options)),
    total: found.count,
    truncated: !isWhole || found.count > maxResults,
  };
}

interface States {
  readonly wanted: GlobState;
  readonly excluded: GlobState;
}

function compiled(
  root: string,
  pattern: string,
  { exclude = [], includeHidden = false, operation }: GlobOptions & { operation: string },
) {
  try {
    const wanted = compileGlobs([below(root, pattern)], { hidden: includeHidden });
    const excluded = compileGlobs(
      exclude.map((glob) => excludedPath(root, glob)),
      { hidden: true },
    );
    return {
      start: { wanted: wanted.start, excluded: excluded.start },
      /** Nothing for what is excluded, and so is all below it. */
      step(state: States, name: string): States | undefined {
        const next = { wanted: wanted.step(state.wanted, name), excluded: excluded.step(state.excluded, name) };
        return excluded.isEnd(next.excluded) ? undefined : next;
      },
      fits: (state: States) => wanted.isEnd(state.wanted),
      leadsOn: (state: States) => wanted.leadsOn(state.wanted),
    };
  } catch (error) {
    if (!(error instanceof BadGlob)) throw error;
    throw new FileError('invalid_pattern', { path: root, operation, message: `The pattern is not valid: ${error.message}` });
  }
}

/** @throws BadGlob for an absolute pattern of another place. */
function below(root: string, pattern: string): string {
  if (!pattern.startsWith('/')) return pattern;
  const prefix = root === '/' ? '/' : `${root}/`;
  if (!pattern.startsWith(prefix)) throw new BadGlob(`it is absolute and not below ${root}`);
  return pattern.slice(prefix.length);
}

/** A name at any depth, or with a slash a path from the root; what is in an excluded folder is excluded with it. */
function excludedPath(root: string, pattern: string): string {
  const path = below(root, pattern).replace(/(?:\/(?:\*\*)?)+$/, '');
  return path.includes('/') || path === '**' ? path : `**/${path}`;
}

function add(found: FirstOf<Found>, item: Found, { filesOnly = true }: GlobOptions): void {
  if (!filesOnly || !item.isDirectory) found.add(item);
}

const AT_ONCE = 256;

/** With what the file system says of each. What has gone since is left out; a name that is no UTF-8 can be shown and not asked for. */
async function described(items: readonly Found[]): Promise<readonly Found[]> {
  const present: Found[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const some = items.slice(from, from + AT_ONCE);
    const all = await Promise.all(some.map(statOf));
    for (const [index, item] of some.entries()) {
      const stats = all[index];
      if (stats !== undefined) present.push({ ...item, stats, isDirectory: stats.isDirectory() });
      else if (item.name.includes('\ufffd')) present.push(item);
    }
  }
  return present;
}

/** A link is what it leads to; a broken one is itself. */
async function statOf({ path, isLink, stats }: Found): Promise<Stats | undefined> {
  if (stats !== undefined) return stats;
  const target = isLink ? await stat(path).catch(() => undefined) : undefined;
  return target ?? lstat(path).catch(() => undefined);
}

function toInfo({ path, name, isDirectory, stats }: Found, { includeMetadata = true }: GlobOptions): GlobFileInfo {
  const isTold = includeMetadata && stats !== undefined;
  return {
    path,
    name,
    is_directory: isDirectory,
    ...(isTold ? { size: stats.size, modified_time: isoTime(stats.mtimeMs) } : {}),
  };
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function order({ sortBy = 'path', sortDescending = false }: GlobOptions): (a: Found, b: Found) => number {
  const compare: Record<typeof sortBy, (a: Found, b: Found) => number> = {
    path: (a, b) => byText(a.path, b.path),
    name: (a, b) => byText(a.name, b.name),
    size: (a, b) => (a.stats?.size ?? 0) - (b.stats?.size ?? 0),
    modified: (a, b) => (a.stats?.mtimeMs ?? 0) - (b.stats?.mtimeMs ?? 0),
  };
  const sign = sortDescending ? -1 : 1;
  return (a, b) => sign * compare[sortBy](a, b) || byText(a.path, b.path);
}
