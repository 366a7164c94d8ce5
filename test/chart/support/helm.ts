import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { loadAll } from 'js-yaml';

import type { Manifest } from './manifest.ts';
import type { Values } from './value-sets.ts';

export const ROOT = join(import.meta.dirname, '..', '..', '..');
export const CHART = join(ROOT, 'charts', 'sandfleet');
export const RELEASE = 'sandfleet';
export const RELEASE_NAMESPACE = 'sandfleet-system';

// A helm built without release flags takes the cluster for a Kubernetes 1.20, which the chart refuses.
const [, version] = /^KUBERNETES_VERSION=(.+)$/m.exec(readFileSync(join(ROOT, 'hack/versions.env'), 'utf8')) ?? [];
const KUBE_VERSION = `--kube-version=${version}`;

let helmPath: string | undefined;

function helmBinary(): string {
  helmPath ??= execFileSync(join(ROOT, 'hack/tools'), ['path', 'helm'], { encoding: 'utf8' }).trim();
  return helmPath;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs helm; `values` reach it on standard input. */
export function helm(args: readonly string[], values: Values = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(helmBinary(), [...args, '--values=-'], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error);
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(JSON.stringify(values));
  });
}

export const lint = (values?: Values): Promise<Ran> => helm(['lint', '--strict', KUBE_VERSION, CHART], values);

export interface Installation {
  readonly release?: string;
  readonly namespace?: string;
}

export function template(values?: Values, { release = RELEASE, namespace = RELEASE_NAMESPACE }: Installation = {}): Promise<Ran> {
  return helm(['template', release, CHART, `--namespace=${namespace}`, KUBE_VERSION], values);
}

/** An object as helm renders it, with its text: the API server reads YAML by rules of its own. */
export interface Rendered {
  readonly manifest: Manifest;
  readonly text: string;
}

export async function render(values?: Values, installation?: Installation): Promise<readonly Rendered[]> {
  const { code, stdout, stderr } = await template(values, installation);
  if (code !== 0) throw new Error(`helm template: ${stderr}`);
  return stdout.split(/^---$/m).flatMap((text) => {
    // One document a part; helm's own comments make parts without one.
    const [manifest] = loadAll(text) as (Manifest | null | undefined)[];
    return manifest ? [{ manifest, text }] : [];
  });
}

export async function manifests(values?: Values, installation?: Installation): Promise<readonly Manifest[]> {
  return (await render(values, installation)).map(({ manifest }) => manifest);
}
