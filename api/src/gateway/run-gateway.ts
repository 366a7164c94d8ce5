import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import type { KubeClient, KubeMetrics } from '@sandfleet/kube';
import { aborted, startAdminServer, type Logger, type Registry } from '@sandfleet/server-kit';

import { KeySets } from '../tokens/key-sets.ts';
import { watchKeySets } from '../tokens/watch-key-sets.ts';
import { TicketBook } from './access/ticket-book.ts';
import type { GatewayConfig } from './config.ts';
import { Gateway } from './gateway.ts';
import { createGatewayMetrics } from './metrics.ts';
import { hostsOf } from './request/host.ts';
import { isPodAddress } from './routing/pod-address.ts';
import { RouteTable } from './routing/route-table.ts';
import { watchRoutes } from './routing/watch-routes.ts';

export interface RunGatewayOptions {
  readonly client: KubeClient;
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly accessLog?: Logger;
  readonly registry: Registry;
  readonly kubeMetrics?: KubeMetrics;
  /** Which addresses of pods are dialled. Tests have their pods on loopback, where no real pod is. */
  readonly isDialable?: (address: string) => boolean;
  /** Told when the gateway listens. */
  readonly onListening?: (port: number) => void;
}

const SWEEP_MS = 60_000;

interface Parts {
  readonly keys: KeySets;
  readonly routes: RouteTable;
  readonly tickets: TicketBook;
  readonly gateway: Gateway;
}

/** The gateway as a process: watch caches, admin server, and the server itself. Resolves when `signal` aborted and all has ended. */
export async function runGateway(options: RunGatewayOptions, signal: AbortSignal): Promise<void> {
  const { client, config, log, registry, onListening } = options;
  const parts = assemble(options);
  const { gateway, routes, tickets, keys } = parts;
  if (config.SANDFLEET_PATH_MODE_PAGES === 'trusted')
    log.warn('SANDFLEET_PATH_MODE_PAGES is trusted: in path mode a page of any sandbox can act in all that its visitor has open');
  const { sandboxes, pods, secret } = watch(options, parts);
  const ready = {
    sandboxes: () => sandboxes.hasSynced,
    pods: () => pods.hasSynced,
    keys: () => keys.ready,
    serving: () => !signal.aborted,
  };
  // The caches outlive the requests that are under way when the process is told to stop.
  const watching = new AbortController();
  const background = Promise.all([
    ...[sandboxes, pods, secret].map((reflector) => reflector.run(watching.signal)),
    sweepTickets(tickets, log, watching.signal),
  ]);
  await startAdminServer({ host: config.HOST, port: config.ADMIN_PORT, metrics: registry, ready }, watching.signal);
  try {
    // Before it knows the sandboxes it would answer 404 for each of them.
    await Promise.all([sandboxes.synced(signal), pods.synced(signal)]);
    const { port } = await gateway.listen(config.PORT, config.HOST);
    log.info({ port, sandboxes: routes.size }, 'listening');
    onListening?.(port);
    await Promise.race([aborted(signal), background]);
    await sleep(config.SANDFLEET_STOP_DELAY_SECONDS * 1000);
  } finally {
    await gateway.drain(config.SANDFLEET_DRAIN_SECONDS * 1000);
    watching.abort(signal.reason);
    await background;
    await client.close();
  }
}

function assemble({ client, config, log, accessLog = log, registry, isDialable = isPodAddress }: RunGatewayOptions): Parts {
  const keys = new KeySets();
  const routes = new RouteTable(isDialable);
  const tickets = new TicketBook({
    client,
    namespace: config.SANDFLEET_NAMESPACE,
    identity: `${hostname()}_${randomUUID()}`,
    log,
    now: () => new Date(),
  });
  const gateway = new Gateway({
    hosts: hostsOf({ url: config.SANDFLEET_GATEWAY_URL, domain: config.SANDFLEET_GATEWAY_DOMAIN }),
    keys,
    issuer: config.SANDFLEET_ISSUER,
    maxLifetimeSeconds: config.SANDFLEET_TOKEN_MAX_TTL_SECONDS,
    ticketTtlSeconds: config.SANDFLEET_TICKET_TTL_SECONDS,
    sessionTtlSeconds: config.SANDFLEET_SESSION_TTL_SECONDS,
    maxConnections: config.SANDFLEET_MAX_CONNECTIONS,
    routes,
    tickets,
    trustsPages: config.SANDFLEET_PATH_MODE_PAGES === 'trusted',
    metrics: createGatewayMetrics(registry),
    log,
    accessLog,
  });
  return { keys, routes, tickets, gateway };
}

function watch({ client, config, log, kubeMetrics }: RunGatewayOptions, { keys, routes, gateway }: Parts) {
  const { sandboxes, pods } = watchRoutes({
    client,
    namespace: config.SANDFLEET_WATCH_NAMESPACE,
    routes,
    log,
    metrics: kubeMetrics,
    onEffects: ({ retired, closed }) => {
      for (const uid of retired) gateway.pools.retire(uid);
      for (const uid of closed) gateway.pools.close(uid);
    },
  });
  const namespace = config.SANDFLEET_NAMESPACE;
  const { reflector: secret } = watchKeySets({ client, namespace, secretName: config.SANDFLEET_KEYS_SECRET, keys, log });
  return { sandboxes, pods, secret };
}

async function sweepTickets(tickets: TicketBook, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Replicas that start together need not sweep together.
    await sleep(SWEEP_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await tickets.sweep(signal).catch((err: unknown) => {
      if (!signal.aborted) log.warn({ err }, 'redeemed tickets could not be swept; the next pass tries again');
    });
  }
}
