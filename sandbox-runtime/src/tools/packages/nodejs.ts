import { constants } from 'node:fs';
import { access, open, readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import type { Environment } from '../../config.ts';
import { isPackageText, toPackageList, type Package } from './package-list.ts';

const MAX_PACKAGES = 5000;
const MANIFEST_LIMIT = 1024 * 1024;
const CONCURRENCY = 16;

/** The npm packages that are installed globally: what the user installed, then what the system has. */
export async function listNodePackages(env: Environment, home: string): Promise<readonly Package[]> {
  const folders = await moduleFolders(env, home);
  const names = (await Promise.all(folders.map(namesIn))).flat().slice(0, MAX_PACKAGES);
  const found: (Package | undefined)[] = [];
  for (let at = 0; at < names.length; at += CONCURRENCY)
    found.push(...(await Promise.all(names.slice(at, at + CONCURRENCY).map(readPackage))));
  return toPackageList(
    found.filter((one) => one !== undefined),
    (name) => name.toLowerCase(),
  );
}

/** The order in which npm and the path of the sandbox find them. */
async function moduleFolders(env: Environment, home: string): Promise<readonly string[]> {
  const given = [env['NPM_CONFIG_PREFIX'], env['npm_config_prefix']].filter((prefix) => prefix !== undefined && prefix !== '');
  const node = await nodePrefix(env);
  const prefixes = [...given, join(home, '.npm-global'), ...(node === undefined ? [] : [node]), '/usr/local', '/usr'];
  const real = await Promise.all(
    prefixes.map((prefix) => realpath(join(prefix ?? '', 'lib/node_modules')).catch(() => undefined)),
  );
  return [...new Set(real.filter((folder) => folder !== undefined))];
}

/** Version switchers keep the packages of each Node beside it. */
async function nodePrefix(env: Environment): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))) {
    const path = join(folder, 'node');
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return dirname(dirname(await realpath(path)));
  }
  return undefined;
}

interface Place {
  readonly name: string;
  readonly folder: string;
}

/** Packages and those of scopes (`@scope/name`); npm's own files begin with a dot. */
async function namesIn(root: string): Promise<readonly Place[]> {
  const names = await entriesOf(root);
  const nested = await Promise.all(
    names.map(async (name) =>
      name.startsWith('@') ? (await entriesOf(join(root, name))).map((inner) => `${name}/${inner}`) : [name],
    ),
  );
  return nested.flat().map((name) => ({ name, folder: join(root, name) }));
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).slice(0, MAX_PACKAGES);
}

/** The folder's name is what `require` finds; its manifest says the version. What is no package is left out. */
async function readPackage({ name, folder }: Place): Promise<Package | undefined> {
  try {
    // Anything may stand in a file; what is read of it is checked below.
    const { version } = JSON.parse(await readManifest(join(folder, 'package.json'))) as { version?: unknown };
    return isPackageText(name) && isPackageText(version) ? { name, version } : undefined;
  } catch {
    return undefined;
  }
}

/** The folder is the user's: a pipe there would hold a reader for ever, and a huge file the memory. */
async function readManifest(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > MANIFEST_LIMIT) throw new Error(`${path} is no manifest`);
    const buffer = Buffer.alloc(stats.size);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await handle.close();
  }
}
