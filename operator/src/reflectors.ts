import { setTimeout as sleep } from 'node:timers/promises';

import { APP_NAME, LABELS } from '@sandfleet/crds';
import {
  configMaps,
  hasStatus,
  networkPolicies,
  nodes,
  persistentVolumeClaims,
  pods,
  Reflector,
  services,
  type KubeClient,
  type KubeMetrics,
} from '@sandfleet/kube';
import { aborted, type Logger } from '@sandfleet/server-kit';

import type { Caches } from './caches.ts';
import type { OperatorConfig } from './config.ts';
import { sandboxes } from './kinds.ts';
import { onlyAddresses } from './network/denied-addresses.ts';
import { podView } from './pod-view.ts';

/** What the rest of the process needs of a reflector, whatever its kind. */
export interface Sync {
  readonly kind: string;
  readonly hasSynced: boolean;
  synced(signal?: AbortSignal): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface ReflectorContext {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly config: OperatorConfig;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
}

/**
 * One for each kind. Of pods, claims and Services only those with sandfleet's label are read, so that a large cluster costs
 * nothing; a foreign one in the way is found when a create runs into it. Network policies are all read, since any of them may
 * widen a sandbox's own.
 */
export function createReflectors(context: ReflectorContext): readonly Sync[] {
  const { client, caches, config, log, metrics } = context;
  const scope = config.SANDFLEET_WATCH_NAMESPACE === '' ? {} : { namespace: config.SANDFLEET_WATCH_NAMESPACE };
  const common = { client, log, metrics };
  const own = { ...common, ...scope, labelSelector: `${LABELS.managedBy}=${APP_NAME}` };
  const keys = {
    namespace: config.SANDFLEET_NAMESPACE,
    fieldSelector: `metadata.name=${config.SANDFLEET_PUBLIC_KEYS_CONFIGMAP}`,
  };
  return [
    sync('Sandbox', new Reflector({ ...common, ...scope, type: sandboxes, store: caches.sandboxes })),
    sync('Pod', new Reflector({ ...own, type: pods, store: caches.pods, transform: podView })),
    sync('PersistentVolumeClaim', new Reflector({ ...own, type: persistentVolumeClaims, store: caches.claims })),
    sync('Service', new Reflector({ ...own, type: services, store: caches.services })),
    sync('NetworkPolicy', new Reflector({ ...common, ...scope, type: networkPolicies, store: caches.policies })),
    sync('ConfigMap', new Reflector({ ...common, ...keys, type: configMaps, store: caches.publicKeys })),
    nodeSync(context),
  ];
}

const sync = (kind: string, reflector: Omit<Sync, 'kind'>): Sync => ({
  kind,
  get hasSynced() {
    return reflector.hasSynced;
  },
  synced: (signal) => reflector.synced(signal),
  run: (signal) => reflector.run(signal),
});

/** Nodes belong to no namespace: an operator that may see one namespace alone is not allowed to read them, and goes without. */
function nodeSync({ client, caches, config, log, metrics }: ReflectorContext): Sync {
  const reflector = new Reflector({ client, log, metrics, type: nodes, store: caches.nodes, transform: onlyAddresses });
  let goesWithout = false;
  let decide = (_goesWithout: boolean): void => undefined;
  const decided = new Promise<boolean>((resolve) => (decide = resolve));
  return {
    kind: 'Node',
    get hasSynced() {
      return goesWithout || reflector.hasSynced;
    },
    async synced(signal) {
      const isSynced = decided.then(async (without) => (without ? undefined : reflector.synced(signal)));
      await (signal === undefined ? isSynced : Promise.race([isSynced, rejectedOn(signal)]));
    },
    async run(signal) {
      goesWithout = !(config.SANDFLEET_WATCH_NODES && (await mayListNodes({ client, log }, signal)));
      decide(goesWithout);
      if (!goesWithout) return reflector.run(signal);
      log.info('without the addresses of the nodes: sandboxes are kept from SANDFLEET_DENY_CIDRS and private ranges alone');
    },
  };
}

async function rejectedOn(signal: AbortSignal): Promise<never> {
  await aborted(signal);
  throw signal.reason;
}

const RETRY_MS = 2000;

async function mayListNodes({ client, log }: Pick<ReflectorContext, 'client' | 'log'>, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await client.list(nodes, { limit: 1, signal });
      return true;
    } catch (err) {
      if (hasStatus(err, 403)) return false;
      if (!signal.aborted) log.warn({ err }, 'cannot tell yet whether the nodes may be read');
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return false;
}
