import { networkPolicies, persistentVolumeClaims, pods, services, type Applier, type ResourceType } from '@sandfleet/kube';

import type { Caches } from '../caches.ts';
import { sandboxes } from '../kinds.ts';

/** The kinds that controllers write, by name. */
const TYPES: Readonly<Record<string, ResourceType>> = {
  Pod: pods,
  PersistentVolumeClaim: persistentVolumeClaims,
  Service: services,
  NetworkPolicy: networkPolicies,
};

export function typeOf(kind: string): ResourceType {
  const type = TYPES[kind];
  if (type === undefined) throw new Error(`no controller writes objects of kind ${kind}`);
  return type;
}

/** Lets every write be seen in the caches at once. */
export function withCaches(applier: Applier, caches: Caches): Applier {
  return applier
    .use(sandboxes, caches.sandboxes)
    .use(pods, caches.pods)
    .use(persistentVolumeClaims, caches.claims)
    .use(services, caches.services)
    .use(networkPolicies, caches.policies);
}
