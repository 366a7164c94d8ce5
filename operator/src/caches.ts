import { LABELS, type Sandbox } from '@sandfleet/crds';
import {
  controllerOf,
  Store,
  type ConfigMap,
  type NetworkPolicy,
  type Node,
  type PersistentVolumeClaim,
  type Pod,
  type Service,
} from '@sandfleet/kube';

import { egressIntent, networkLabel, policyName } from './network/egress-key.ts';

/** What the operator knows of the cluster. */
export interface Caches {
  readonly sandboxes: Store<Sandbox>;
  readonly pods: Store<Pod>;
  readonly claims: Store<PersistentVolumeClaim>;
  readonly services: Store<Service>;
  readonly policies: Store<NetworkPolicy>;
  readonly nodes: Store<Node>;
  readonly publicKeys: Store<ConfigMap>;
}

/** Key of a policy: its namespace and name. */
export const policyKey = (namespace: string, label: string): string => `${namespace}/${policyName(label)}`;

/** The policy that a sandbox wants its pod to be under. */
export const wantedPolicy = ({ metadata, spec }: Sandbox): string =>
  policyKey(metadata.namespace ?? '', networkLabel(egressIntent(spec.network.egress)));

/** The policy that a pod is under by its label. */
export function policyOfPod({ metadata }: Pod): string | undefined {
  const label = metadata.labels?.[LABELS.network];
  return label === undefined ? undefined : policyKey(metadata.namespace ?? '', label);
}

const listOf = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);

export function createCaches(): Caches {
  return {
    sandboxes: new Store<Sandbox>({
      indexes: { name: ({ metadata }) => [metadata.name], policy: (sandbox) => [wantedPolicy(sandbox)] },
    }),
    pods: new Store<Pod>({
      indexes: {
        controller: (pod) => listOf(controllerOf(pod)?.uid),
        policy: (pod) => listOf(policyOfPod(pod)),
      },
    }),
    claims: new Store<PersistentVolumeClaim>(),
    services: new Store<Service>(),
    policies: new Store<NetworkPolicy>(),
    nodes: new Store<Node>(),
    publicKeys: new Store<ConfigMap>(),
  };
}
