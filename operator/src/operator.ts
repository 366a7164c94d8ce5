import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { Applier, EventRecorder, LeaderElector, type KubeClient, type KubeMetrics } from '@sandfleet/kube';
import { startAdminServer, type Logger, type Registry } from '@sandfleet/server-kit';

import { createCaches } from './caches.ts';
import { deniedCidrs, type OperatorConfig } from './config.ts';
import { withCaches } from './controllers/children.ts';
import { runControllers } from './controllers/controllers.ts';
import { registerSandboxMetrics } from './metrics.ts';
import { PolicyPlanner } from './network/policy-planner.ts';
import { createReflectors, type Sync } from './reflectors.ts';

const FIELD_MANAGER = 'sandfleet-operator';
const LEASE_NAME = 'sandfleet-operator';
const CONTROLLER = 'sandfleet.dev/operator';

export interface OperatorOptions {
  readonly client: KubeClient;
  readonly config: OperatorConfig;
  readonly log: Logger;
  readonly registry: Registry;
  readonly metrics: KubeMetrics;
}

/**
 * The operator as a whole: caches from the start, so that a successor knows the cluster when it takes over; controllers while
 * it leads. Resolves when the signal has aborted and all is wound down; rejects when another process may lead instead.
 */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { client, config, log, registry, metrics } = options;
  const caches = createCaches();
  registerSandboxMetrics(registry, caches);
  const reflectors = createReflectors({ client, caches, config, log, metrics });
  await startAdminServer({ host: config.HOST, port: config.ADMIN_PORT, metrics: registry, ready: readiness(reflectors) }, signal);
  const identity = `${hostname()}_${randomUUID()}`;
  const events = new EventRecorder({ client, controller: CONTROLLER, instance: identity, log, metrics });
  const planner = new PolicyPlanner({
    gateway: { namespace: config.SANDFLEET_NAMESPACE, instance: config.SANDFLEET_INSTANCE },
    configured: deniedCidrs(config),
    nodes: caches.nodes,
  });
  const applier = withCaches(new Applier({ client, fieldManager: FIELD_MANAGER, metrics }), caches);
  const work = async (leading: AbortSignal) => {
    await Promise.all(reflectors.map((reflector) => reflector.synced(leading)));
    log.info({ sandboxes: caches.sandboxes.size, pods: caches.pods.size }, 'caches are in sync');
    await runControllers({ client, applier, caches, planner, events, config, log, metrics }, leading);
  };
  // The caches outlive the controllers: the last passes read them.
  const watching = new AbortController();
  const watches = reflectors.map((reflector) => reflector.run(watching.signal));
  try {
    await lead({ ...options, identity }, work, signal);
  } finally {
    watching.abort(signal.reason);
    await Promise.all(watches);
    await events.stop();
  }
}

/** One line of `/readyz` for each kind. */
const readiness = (reflectors: readonly Sync[]): Record<string, () => boolean> =>
  Object.fromEntries(reflectors.map((reflector) => [`cache of ${reflector.kind}`, () => reflector.hasSynced]));

async function lead(
  { client, config, log, metrics, identity }: OperatorOptions & { readonly identity: string },
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (!config.SANDFLEET_LEADER_ELECTION) return work(signal);
  const namespace = config.SANDFLEET_NAMESPACE;
  const name = LEASE_NAME;
  const elector = new LeaderElector({ client, namespace, name, identity, log, metrics });
  let isLost = false;
  await elector.run({ onStartedLeading: work, onStoppedLeading: (reason) => void (isLost = reason === 'lost') }, signal);
  if (!isLost) return;
  // Two leaders would write against each other, and a pod that is still on its way could land after its policy was removed: so
  // all calls are broken off, none begins any more, and the process ends rather than tidy up.
  await client.close();
  throw new Error(`lost the lease ${namespace}/${name}; another process may lead already`);
}
