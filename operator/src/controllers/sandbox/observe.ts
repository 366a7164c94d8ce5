import { LABELS, PUBLIC_KEYS, type Sandbox } from '@sandfleet/crds';
import type { ConfigMap, Pod } from '@sandfleet/kube';

import type { Caches } from '../../caches.ts';
import { egressIntent } from '../../network/egress-key.ts';
import type { PolicyPlanner } from '../../network/policy-planner.ts';
import { wideningPolicies } from '../../network/widening.ts';
import { claimName, isTerminating, nameOf, namespaceOf, uidOf } from './names.ts';
import type { ChildKind, Observed, PodKey, Refusal, SandboxSettings } from './observed.ts';
import { podLabels } from './pod.ts';

export interface Observer {
  readonly caches: Caches;
  readonly planner: PolicyPlanner;
  readonly settings: SandboxSettings;
  /** The ConfigMap with the public keys: its namespace and name. */
  readonly publicKeys: { readonly namespace: string; readonly name: string };
}

/** Reads all that concerns one sandbox, in one go: no await, so that nothing changes in between. */
export function observe(
  { caches, planner, settings, publicKeys }: Observer,
  sandbox: Sandbox,
  refusals: Readonly<Partial<Record<ChildKind, Refusal>>>,
): Observed {
  const [namespace, name] = [namespaceOf(sandbox), nameOf(sandbox)];
  const policyIntent = planner.plan(namespace, egressIntent(sandbox.spec.network.egress));
  const network = policyIntent.spec?.podSelector?.matchLabels?.[LABELS.network] ?? '';
  return {
    settings,
    sandbox,
    pod: caches.pods.get(namespace, name),
    claim: caches.claims.get(namespace, claimName(name)),
    service: caches.services.get(namespace, name),
    strayPods: strayPods(caches, sandbox),
    policy: caches.policies.get(namespace, nameOf(policyIntent)),
    policyIntent,
    widenedBy: wideningPolicies(caches.policies.list(namespace), podLabels(sandbox, network)),
    podKey: podKeyOf(caches.publicKeys.get(publicKeys.namespace, publicKeys.name)),
    refusals,
    ownsUrl: ownsUrl(caches, sandbox),
  };
}

function strayPods({ pods }: Caches, sandbox: Sandbox): readonly Pod[] {
  return pods
    .byIndex('controller', uidOf(sandbox))
    .filter((pod) => nameOf(pod) !== nameOf(sandbox) && namespaceOf(pod) === namespaceOf(sandbox) && !isTerminating(pod));
}

function podKeyOf(configMap: ConfigMap | undefined): PodKey | undefined {
  const kid = configMap?.data?.[PUBLIC_KEYS.podTokensKid];
  const pem = configMap?.data?.[PUBLIC_KEYS.podTokensPem];
  return kid && pem ? { kid, pem } : undefined;
}

/** The name alone is in the URL: of several sandboxes of one name, the oldest has it. */
function ownsUrl({ sandboxes }: Caches, sandbox: Sandbox): boolean {
  const age = (each: Sandbox) => `${each.metadata.creationTimestamp ?? ''}/${uidOf(each)}`;
  const own = age(sandbox);
  return sandboxes.byIndex('name', nameOf(sandbox)).every((other) => age(other) >= own);
}
