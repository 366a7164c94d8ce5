import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, userInfo } from 'node:os';
import { promisify } from 'node:util';

import type { SandboxDetail } from '@sandfleet/contract/runtime';

import type { Environment } from '../../config.ts';
import { listeningPorts } from './listening-ports.ts';

const exec = promisify(execFile);

interface Tool {
  readonly name: string;
  readonly description: string;
}

/** What an agent may want to know is there, by what it is for; what is not installed is not told. */
const TOOLS: Readonly<Record<string, readonly Tool[]>> = {
  'Version control': [
    { name: 'git', description: 'distributed version control' },
    { name: 'gh', description: 'GitHub on the command line' },
  ],
  'Text and search': [
    { name: 'rg', description: 'recursive regular-expression search' },
    { name: 'grep', description: 'regular-expression search' },
    { name: 'sed', description: 'stream editor' },
    { name: 'awk', description: 'text processing language' },
    { name: 'jq', description: 'JSON processor' },
    { name: 'tree', description: 'directory trees' },
  ],
  Editors: [
    { name: 'vim', description: 'modal editor' },
    { name: 'nano', description: 'simple editor' },
  ],
  Network: [
    { name: 'curl', description: 'transfers by URL' },
    { name: 'wget', description: 'downloads' },
    { name: 'nc', description: 'raw TCP and UDP' },
    { name: 'ping', description: 'reachability' },
  ],
  Archives: [
    { name: 'tar', description: 'archives' },
    { name: 'zip', description: 'zip archives' },
    { name: 'unzip', description: 'zip archives' },
  ],
  'Build and packages': [
    { name: 'pip', description: 'Python packages' },
    { name: 'uv', description: 'Python packages and environments' },
    { name: 'npm', description: 'Node packages' },
    { name: 'make', description: 'builds' },
    { name: 'gcc', description: 'C compiler' },
  ],
  Media: [
    { name: 'ffmpeg', description: 'audio and video' },
    { name: 'convert', description: 'images' },
  ],
};

const PYTHONS = ['python3', 'python3.10', 'python3.11', 'python3.12'];
const NODES = ['node'];

export interface DetailOptions {
  readonly env: Environment;
  readonly home: string;
  readonly workspace: string;
}

/** Looks at the environment as its user finds it. Takes some tens of milliseconds; what is installed is worth remembering. */
export async function describeInstalled(env: Environment): Promise<Pick<SandboxDetail, 'runtime' | 'utils'>> {
  const [python, nodejs, utils] = await Promise.all([
    Promise.all(PYTHONS.map((name) => versionOf(name, env))),
    Promise.all(NODES.map((name) => versionOf(name, env))),
    Promise.all(Object.entries(TOOLS).map(([category, tools]) => present(category, tools, env))),
  ]);
  return {
    runtime: { python: merge(python), nodejs: merge(nodejs) },
    utils: utils.filter(({ tools }) => tools.length > 0),
  };
}

export async function describeSystem({ env, home, workspace }: DetailOptions): Promise<SandboxDetail['system']> {
  const release = await osRelease();
  const ports = await listeningPorts();
  return {
    os: release['NAME'] ?? 'Linux',
    os_version: release['VERSION'] ?? release['VERSION_ID'] ?? '',
    arch: arch(),
    user: userName(env),
    home_dir: home,
    workspace,
    timezone: env['TZ'] ?? 'UTC',
    occupied_ports: ports.map(String),
  };
}

/** The user may have no entry in the list of users: Kubernetes lets an image run as any number. */
function userName(env: Environment): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? 'gem';
  }
}

async function osRelease(): Promise<Record<string, string>> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return Object.fromEntries([...text.matchAll(/^(\w+)="?(.*?)"?$/gm)].map(([, key = '', value = '']) => [key, value]));
}

interface Spec {
  ver?: string;
  bin?: string;
  alias: string[];
}

async function versionOf(name: string, env: Environment): Promise<Spec | undefined> {
  const bin = await which(name, env);
  if (bin === undefined) return undefined;
  const { stdout } = await exec(bin, ['--version'], { env, timeout: 10_000 }).catch(() => ({ stdout: '' }));
  const [ver] = /\d+(?:\.\d+)+/.exec(stdout) ?? [];
  // A name that does not run is no runtime: version switchers leave such.
  return ver === undefined ? undefined : { ver, bin, alias: [name] };
}

/** `python3` and `python3.11` are one tool under two names. */
function merge(found: readonly (Spec | undefined)[]): Spec[] {
  const byVersion = new Map<string, Spec>();
  for (const spec of found) {
    if (spec === undefined) continue;
    const known = byVersion.get(spec.ver ?? '');
    byVersion.set(spec.ver ?? '', known === undefined ? spec : { ...known, alias: [...known.alias, ...spec.alias] });
  }
  return [...byVersion.values()];
}

async function present(category: string, tools: readonly Tool[], env: Environment): Promise<{ category: string; tools: Tool[] }> {
  const found = await Promise.all(tools.map(async (tool) => ((await which(tool.name, env)) === undefined ? undefined : tool)));
  return { category, tools: found.filter((tool) => tool !== undefined) };
}

async function which(name: string, env: Environment): Promise<string | undefined> {
  const { stdout } = await exec('/bin/sh', ['-c', 'command -v -- "$0"', name], { env }).catch(() => ({ stdout: '' }));
  return stdout.trim() || undefined;
}
