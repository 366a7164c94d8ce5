import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { ApiError } from '@sandfleet/contract';

import type { Environment } from '../../config.ts';

const exec = promisify(execFile);

export interface InstalledNode {
  /** As requests name it: `node24`. */
  readonly name: string;
  /** As Node says it, without the v: `24.1.0`. */
  readonly version: string;
  readonly binary: string;
}

const NAMES = ['node', 'node24', 'node22', 'node20'];

/** The versions on the path of the sandbox, the usual one first. One without any has at least that of the server. */
export async function installedNodes(env: Environment, own: string = process.execPath): Promise<readonly InstalledNode[]> {
  const paths = await Promise.all(NAMES.map((name) => findOnPath(name, env)));
  const found = paths.filter((path) => path !== undefined);
  const nodes = await Promise.all((found.length === 0 ? [own] : found).map((binary) => describe(binary, env)));
  const known = nodes.filter((node) => node !== undefined);
  return known.filter(({ name }, index) => known.findIndex((other) => other.name === name) === index);
}

/** @throws ApiError BAD_REQUEST that names what is there, TOOL_UNAVAILABLE when nothing is. */
export function chooseNode(nodes: readonly InstalledNode[], wanted: string | undefined): InstalledNode {
  if (nodes.length === 0)
    throw new ApiError('TOOL_UNAVAILABLE', { message: 'No Node.js starts in this sandbox now.', retryAfterSeconds: 5 });
  const name = wanted === undefined ? undefined : `node${wanted.replace(/^node/, '')}`;
  const node = name === undefined ? nodes[0] : nodes.find((one) => one.name === name);
  if (node !== undefined) return node;
  const available = nodes.map((one) => one.name).join(', ');
  throw new ApiError('BAD_REQUEST', { message: `version ${wanted ?? ''} is not installed; available_versions: ${available}` });
}

async function describe(binary: string, env: Environment): Promise<InstalledNode | undefined> {
  const { stdout } = await exec(binary, ['--version'], { env, timeout: 30_000 }).catch(() => ({ stdout: '' }));
  const [, version, major] = /^v((\d+)\.\d+\.\d+)/.exec(stdout) ?? [];
  return version === undefined || major === undefined ? undefined : { name: `node${major}`, version, binary };
}

export async function findOnPath(name: string, env: Environment): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return realpath(path);
  }
  return undefined;
}
