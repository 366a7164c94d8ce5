import { existsSync } from 'node:fs';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Access, type AccessProvider, cachedAccess, type TlsAccess } from './access.ts';

// Files, exec plugins and token files are consulted this often; the plugins' own caches still hold until expiry.
const MAX_AGE_SECONDS = 10;

/** Access by kubeconfig files: tokens, client certificates, auth providers and exec plugins, all by client-node. */
export function kubeconfigAccess(files: readonly string[], context?: string): AccessProvider {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`the kubeconfig ${missing.join(', ')} does not exist`);

  let config: Promise<KubeConfig> | undefined;
  const cached = cachedAccess(async () => {
    config ??= loadFiles(files, context);
    try {
      return await accessOf(await config);
    } catch (cause) {
      config = undefined;
      throw new Error(`cannot use the kubeconfig ${files.join(', ')}: ${messageOf(cause)}`, { cause });
    }
  }, MAX_AGE_SECONDS);

  return {
    current: () => cached.current(),
    // A new KubeConfig has empty token caches, so an exec plugin runs again even if its last token claims to be valid.
    invalidate() {
      config = undefined;
      cached.invalidate();
    },
  };
}

async function loadFiles(files: readonly string[], context: string | undefined): Promise<KubeConfig> {
  // Loaded on use: its generated models take time and memory that a pod, which has no kubeconfig, need not pay.
  const { KubeConfig: Loader } = await import('@kubernetes/client-node');
  const merged = new Loader();
  for (const file of files) {
    const part = new Loader();
    part.loadFromFile(file);
    // The first file to name a current context wins, as in kubectl.
    merged.mergeConfig(part, merged.currentContext !== undefined && merged.currentContext !== '');
  }
  if (context) merged.setCurrentContext(context);
  return merged;
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (!cluster) throw new Error(`the context "${config.currentContext}" names no known cluster`);
  refusePlainHttp(cluster.server);

  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] & { headers?: Record<string, string> } = {};
  await withPlainHttpAllowed(config, () => config.applyToHTTPSOptions(options));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value);
  if (user?.username)
    headers['authorization'] = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;

  return {
    server: cluster.server,
    headers,
    ...(cluster.server.startsWith('https:') ? { tls: tlsOf(options) } : {}),
    ...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
  };
}

function tlsOf(options: object): TlsAccess {
  const { ca, cert, key, servername, rejectUnauthorized } = options as TlsAccess;
  return {
    ...(ca === undefined || ca === null ? {} : { ca }),
    ...(cert === undefined || cert === null ? {} : { cert }),
    ...(key === undefined || key === null ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

/** Credentials over plain HTTP are for anyone on the way to read; `kubectl proxy` on this machine is the one good use. */
function refusePlainHttp(server: string): void {
  const url = new URL(server);
  if (url.protocol === 'https:') return;
  if (['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return;
  throw new Error(`the server ${server} must be https (http is for the loopback address only)`);
}

/** client-node refuses http unless TLS verification is off, though there is no TLS to verify; ours is the stricter check. */
async function withPlainHttpAllowed(config: KubeConfig, use: () => Promise<void>): Promise<void> {
  const cluster = config.getCurrentCluster();
  if (!cluster?.server.startsWith('http:')) return use();
  config.clusters = config.clusters.map((each) => (each === cluster ? { ...each, skipTLSVerify: true } : each));
  return use();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
