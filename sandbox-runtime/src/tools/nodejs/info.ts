import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Type } from 'typebox';

import type { Environment } from '../../config.ts';
import { parseLine } from './answer.ts';

const exec = promisify(execFile);
const MAX_PACKAGES = 2000;
const MAX_MANIFEST_BYTES = 1024 * 1024;
const FRESH_MS = 5000;

const Manifest = Type.Object({ version: Type.String({ maxLength: 256 }) });

export interface PackageInfo {
  readonly name: string;
  readonly version: string;
}

export interface NpmInfo {
  readonly version: string;
  /** Where global packages are; left out when there is no npm. */
  readonly directory?: string;
}

/** What npm says of itself: it takes a second, so that it is worth remembering. */
export async function describeNpm(env: Environment): Promise<NpmInfo> {
  const run = async (...args: string[]) => {
    const { stdout } = await exec('npm', args, { env, timeout: 60_000 }).catch(() => ({ stdout: '' }));
    return stdout.trim();
  };
  const [version, directory] = await Promise.all([run('--version'), run('root', '--global')]);
  return { version, ...(directory === '' ? {} : { directory }) };
}

/** Lists packages; an answer serves a few seconds of questions. */
export class PackageLists {
  readonly #known = new Map<string, { readonly at: number; readonly packages: Promise<readonly PackageInfo[]> }>();

  list(directory: string): Promise<readonly PackageInfo[]> {
    const known = this.#known.get(directory);
    if (known !== undefined && Date.now() - known.at < FRESH_MS) return known.packages;
    const packages = packagesIn(directory);
    this.#known.set(directory, { at: Date.now(), packages });
    return packages;
  }
}

/** The packages of one node_modules, scopes included; what has no readable manifest is none. */
export async function packagesIn(directory: string): Promise<readonly PackageInfo[]> {
  const names: string[] = [];
  for (const name of await entriesOf(directory)) {
    if (name.startsWith('@')) names.push(...(await entriesOf(join(directory, name))).map((inner) => `${name}/${inner}`));
    else names.push(name);
  }
  const found: PackageInfo[] = [];
  for (const name of names.slice(0, MAX_PACKAGES)) {
    const text = await readManifest(join(directory, name, 'package.json')).catch(() => '');
    const version = parseLine(Manifest, text)?.version;
    if (version !== undefined) found.push({ name, version });
  }
  return found;
}

async function entriesOf(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

/** The directory is the user's: a pipe there would hold a reader for ever, and a huge file the memory. */
async function readManifest(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > MAX_MANIFEST_BYTES) return '';
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
