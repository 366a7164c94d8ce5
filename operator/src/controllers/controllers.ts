import type { EventRecorder, Applier, KubeClient, KubeMetrics } from '@sandfleet/kube';
import type { Logger } from '@sandfleet/server-kit';

import type { Caches } from '../caches.ts';
import type { OperatorConfig } from '../config.ts';
import { PolicyGate } from '../network/policy-gate.ts';
import { PolicyLeases } from '../network/policy-leases.ts';
import type { PolicyPlanner } from '../network/policy-planner.ts';
import { runNetworkPolicyController } from './network-policy/controller.ts';
import { runSandboxController } from './sandbox/controller.ts';

export interface ControllerContext {
  readonly client: KubeClient;
  readonly applier: Applier;
  readonly caches: Caches;
  readonly planner: PolicyPlanner;
  readonly events: EventRecorder;
  readonly config: OperatorConfig;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
}

/** Every controller there is. Runs them until the signal aborts and their passes under way are done. */
export async function runControllers(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { config, client, caches } = context;
  const leases = new PolicyLeases();
  const concurrency = config.SANDFLEET_CONCURRENCY;
  const settings = {
    runtimeImage: config.SANDFLEET_RUNTIME_IMAGE,
    runtimeImagePullPolicy: config.SANDFLEET_RUNTIME_IMAGE_PULL_POLICY,
    gateway: { url: config.SANDFLEET_GATEWAY_URL, domain: config.SANDFLEET_GATEWAY_DOMAIN },
  };
  const publicKeys = { namespace: config.SANDFLEET_NAMESPACE, name: config.SANDFLEET_PUBLIC_KEYS_CONFIGMAP };
  const gate = new PolicyGate({ client, caches, leases });
  await Promise.all([
    runNetworkPolicyController({ ...context, leases, concurrency }, signal),
    runSandboxController({ ...context, gate, settings, publicKeys, concurrency }, signal),
  ]);
}
