import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { type AccessProvider, cachedAccess } from './access.ts';
import { kubeconfigAccess } from './kubeconfig-file.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
// The kubelet rotates a projected token well before it ends; client-go reads the file once a minute too.
const TOKEN_MAX_AGE_SECONDS = 60;

export interface Environment {
  readonly KUBECONFIG?: string | undefined;
  readonly KUBERNETES_SERVICE_HOST?: string | undefined;
  readonly KUBERNETES_SERVICE_PORT?: string | undefined;
}

export interface KubeConfigOptions {
  /** Path of a kubeconfig. Left out: the files of KUBECONFIG, then the pod's service account, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  /** Name of the context; the file's current one when left out. */
  readonly context?: string | undefined;
  readonly env?: Environment;
  readonly serviceAccountDirectory?: string;
}

/** Finds the API server. Throws at once when there is nothing to connect to; the files are read with the first call. */
export function findAccess(options: KubeConfigOptions = {}): AccessProvider {
  // oxlint-disable-next-line node/no-process-env -- KUBECONFIG and KUBERNETES_SERVICE_* belong to Kubernetes, and this file alone reads them
  const env = options.env ?? process.env;
  const directory = options.serviceAccountDirectory ?? SERVICE_ACCOUNT;
  if (options.kubeconfig) return kubeconfigAccess([options.kubeconfig], options.context);
  const listed = (env.KUBECONFIG ?? '').split(path.delimiter).filter((file) => file !== '');
  if (listed.length > 0) return kubeconfigAccess(listed, options.context);
  if (env.KUBERNETES_SERVICE_HOST && existsSync(path.join(directory, 'token'))) return inClusterAccess(env, directory);
  const home = path.join(homedir(), '.kube', 'config');
  if (existsSync(home)) return kubeconfigAccess([home], options.context);
  throw new Error(`no Kubernetes cluster found: set KUBECONFIG, run in a pod with a service account, or write ${home}`);
}

/** The pod's own service account. Reading two files needs no kubeconfig library, which would cost 25 MB of memory. */
export function inClusterAccess(env: Environment, directory: string = SERVICE_ACCOUNT): AccessProvider {
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`;
  return cachedAccess(async () => {
    const token = (await readFile(path.join(directory, 'token'), 'utf8')).trim();
    const ca = await readFile(path.join(directory, 'ca.crt'));
    return { server, headers: { authorization: `Bearer ${token}` }, tls: { ca } };
  }, TOKEN_MAX_AGE_SECONDS);
}
