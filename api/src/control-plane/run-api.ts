import { connect, createKubeMetrics } from '@sandfleet/kube';
import { aborted, createMetrics, startAdminServer, type Logger } from '@sandfleet/server-kit';

import { FailureLimiter } from '../auth/failure-limiter.ts';
import { KeyRegistry, watchKeys } from '../keys/key-registry.ts';
import { KeySets } from '../tokens/key-sets.ts';
import type { ApiConfig } from './config.ts';
import { prepareDrain } from './drain.ts';
import { createSandboxStore, watchSandboxes } from './sandbox-store.ts';
import { buildApiServer } from './server.ts';
import { runSigningKeys } from './signing-keys.ts';

export interface RunApiOptions {
  readonly config: ApiConfig;
  readonly version: string;
  readonly log: Logger;
  /** Path of a kubeconfig; found as usual when left out. */
  readonly kubeconfig?: string;
  /** Told once the server listens, with its address. */
  readonly onListening?: (address: string) => void;
}

/** Less than the grace period that the chart gives the pod. */
const CLOSE_SECONDS = 20;

/** Runs the control plane until the signal aborts, then finishes what it has begun. */
export async function runApi(
  { config, version, log, kubeconfig, onListening }: RunApiOptions,
  signal: AbortSignal,
): Promise<void> {
  const metrics = createMetrics('api', version);
  const kubeMetrics = createKubeMetrics(metrics);
  const client = connect({ userAgent: `sandfleet-api/${version}`, metrics: kubeMetrics, kubeconfig });
  const namespace = config.SANDFLEET_NAMESPACE;
  const watchedNamespace = config.SANDFLEET_WATCH_NAMESPACE;
  const keys = new KeySets();
  const registry = new KeyRegistry(log);
  const store = createSandboxStore();
  const apiKeys = watchKeys({ client, namespace, registry, log });
  const sandboxes = watchSandboxes({ client, store, namespace: watchedNamespace, log, metrics: kubeMetrics });
  const ready = {
    'signing keys': () => keys.ready,
    'api keys': () => apiKeys.hasSynced,
    sandboxes: () => sandboxes.hasSynced,
    running: () => !signal.aborted,
  };
  const app = buildApiServer({
    cluster: { client, store },
    gateway: { url: config.SANDFLEET_GATEWAY_URL, domain: config.SANDFLEET_GATEWAY_DOMAIN },
    keys,
    policy: {
      issuer: config.SANDFLEET_ISSUER,
      ttlSeconds: config.SANDFLEET_TOKEN_TTL_SECONDS,
      maxTtlSeconds: config.SANDFLEET_TOKEN_MAX_TTL_SECONDS,
      ticketTtlSeconds: config.SANDFLEET_TICKET_TTL_SECONDS,
    },
    authority: {
      ready: () => apiKeys.hasSynced,
      find: (key) => registry.find(key),
      failures: new FailureLimiter(),
      watchedNamespace,
    },
    keyCount: () => registry.size,
    ready,
    version,
    log,
    metrics,
    stopping: signal,
  });
  const drain = prepareDrain(app, {
    stopping: signal,
    delaySeconds: config.SANDFLEET_STOP_DELAY_SECONDS,
    closeSeconds: CLOSE_SECONDS,
  });
  // Watches outlive the signal: requests that are under way may still need them.
  const watching = new AbortController();
  const signingKeys = {
    client,
    namespace,
    keys,
    log,
    secretName: config.SANDFLEET_KEYS_SECRET,
    configMapName: config.SANDFLEET_PUBLIC_KEYS_CONFIGMAP,
  };
  const background = Promise.all([
    apiKeys.run(watching.signal),
    sandboxes.run(watching.signal),
    runSigningKeys(signingKeys, watching.signal),
  ]);
  await startAdminServer({ host: config.HOST, port: config.ADMIN_PORT, metrics, ready }, watching.signal);
  const address = await app.listen({ host: config.HOST, port: config.PORT });
  log.info({ address, version }, 'listening');
  onListening?.(address);
  await Promise.race([aborted(signal), background]);
  await drain.stop();
  watching.abort(new Error('stopped'));
  await background;
  await client.close();
}
