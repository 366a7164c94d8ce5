import type {
  EventsV1Event,
  V1ConfigMap,
  V1CustomResourceDefinition,
  V1DaemonSet,
  V1Deployment,
  V1EndpointSlice,
  V1Lease,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1PriorityClass,
  V1ResourceQuota,
  V1RuntimeClass,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StorageClass,
  V1SubjectAccessReview,
  V1TokenReview,
} from '@kubernetes/client-node';
import type { ObjectMeta } from './object.ts';
import { defineResource } from './resource-type.ts';

/** A model of the generated client as it is in JSON: with the names and the strings of JSON; and no one may change an object of a cache. */
export type Raw<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? readonly Raw<U>[]
    : T extends object
      ? { readonly [K in keyof T as JsonName<K>]: Raw<T[K]> }
      : T;

/** The generated client renames what is a keyword (`from` to `_from`) and what has dashes. */
type JsonName<K> = K extends `_${infer Name}`
  ? Name
  : K extends `x_kubernetes_${infer Name}`
    ? `x-kubernetes-${Dashed<Name>}`
    : K;
type Dashed<Name extends string> = Name extends `${infer Head}_${infer Tail}` ? `${Head}-${Dashed<Tail>}` : Name;

type Typed<T> = Raw<Omit<T, 'apiVersion' | 'kind' | 'metadata'>> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
};

export type Pod = Typed<V1Pod>;
export type Service = Typed<V1Service>;
export type PersistentVolumeClaim = Typed<V1PersistentVolumeClaim>;
export type PersistentVolume = Typed<V1PersistentVolume>;
export type Node = Typed<V1Node>;
export type Namespace = Typed<V1Namespace>;
export type Secret = Typed<V1Secret>;
export type ConfigMap = Typed<V1ConfigMap>;
export type ServiceAccount = Typed<V1ServiceAccount>;
export type ResourceQuota = Typed<V1ResourceQuota>;
export type NetworkPolicy = Typed<V1NetworkPolicy>;
export type Lease = Typed<V1Lease>;
export type Event = Typed<EventsV1Event>;
export type Deployment = Typed<V1Deployment>;
export type DaemonSet = Typed<V1DaemonSet>;
export type EndpointSlice = Typed<V1EndpointSlice>;
export type PodDisruptionBudget = Typed<V1PodDisruptionBudget>;
export type StorageClass = Typed<V1StorageClass>;
export type PriorityClass = Typed<V1PriorityClass>;
export type RuntimeClass = Typed<V1RuntimeClass>;
export type CustomResourceDefinition = Typed<V1CustomResourceDefinition>;
export type TokenReview = Typed<V1TokenReview>;
export type SubjectAccessReview = Typed<V1SubjectAccessReview>;

const core = { group: '', version: 'v1' } as const;
const apps = { group: 'apps', version: 'v1' } as const;
const networking = { group: 'networking.k8s.io', version: 'v1' } as const;

export const pods = defineResource<Pod>({ ...core, plural: 'pods', kind: 'Pod', namespaced: true });
export const services = defineResource<Service>({ ...core, plural: 'services', kind: 'Service', namespaced: true });
export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  ...core,
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
});
export const persistentVolumes = defineResource<PersistentVolume>({
  ...core,
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
});
export const nodes = defineResource<Node>({ ...core, plural: 'nodes', kind: 'Node', namespaced: false });
export const namespaces = defineResource<Namespace>({ ...core, plural: 'namespaces', kind: 'Namespace', namespaced: false });
export const secrets = defineResource<Secret>({ ...core, plural: 'secrets', kind: 'Secret', namespaced: true });
export const configMaps = defineResource<ConfigMap>({ ...core, plural: 'configmaps', kind: 'ConfigMap', namespaced: true });
export const serviceAccounts = defineResource<ServiceAccount>({
  ...core,
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
});
export const resourceQuotas = defineResource<ResourceQuota>({
  ...core,
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
});
export const deployments = defineResource<Deployment>({ ...apps, plural: 'deployments', kind: 'Deployment', namespaced: true });
export const daemonSets = defineResource<DaemonSet>({ ...apps, plural: 'daemonsets', kind: 'DaemonSet', namespaced: true });
export const networkPolicies = defineResource<NetworkPolicy>({
  ...networking,
  plural: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
});
export const leases = defineResource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
});
export const events = defineResource<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
});
export const endpointSlices = defineResource<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
});
export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
});
export const storageClasses = defineResource<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
});
export const priorityClasses = defineResource<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  plural: 'priorityclasses',
  kind: 'PriorityClass',
  namespaced: false,
});
export const runtimeClasses = defineResource<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  plural: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
});
export const customResourceDefinitions = defineResource<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
});
export const tokenReviews = defineResource<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
});
export const subjectAccessReviews = defineResource<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
});
