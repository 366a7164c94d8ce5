import type { NetworkPolicy, Pod } from '@sandfleet/kube';
import { SANDBOX_RESOURCE, type Sandbox } from '@sandfleet/crds';
import { defineResource } from '@sandfleet/kube';

export const sandboxes = defineResource<Sandbox>(SANDBOX_RESOURCE);

type PodStatus = NonNullable<Pod['status']>;
export type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
export type LabelSelector = NonNullable<NonNullable<NetworkPolicy['spec']>['podSelector']>;
