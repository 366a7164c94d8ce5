import { ApiError } from '@sandfleet/contract';
import { isNotFound, type KubeClient } from '@sandfleet/kube';

import { toUnavailable } from './kube-refusal.ts';
import { sandboxes, type SandboxObject, type SandboxStore } from './sandbox-store.ts';

export interface Cluster {
  readonly client: KubeClient;
  readonly store: SandboxStore;
}

const ID = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * The sandbox of this id in this namespace. What the cache does not hold is asked for once: another replica may have made it a
 * moment ago. An id of another namespace takes the same way, time and words as one that never was.
 *
 * @throws ApiError SANDBOX_NOT_FOUND, KUBERNETES_UNAVAILABLE
 */
export async function findSandbox({ client, store }: Cluster, namespace: string, id: string): Promise<SandboxObject> {
  if (!ID.test(id)) throw notFound(id);
  const known = store.get(namespace, id);
  if (known !== undefined) return known;
  try {
    const found = await client.get(sandboxes, { namespace, name: id }, { timeoutSeconds: 5 });
    store.upsert(found);
    return found;
  } catch (error) {
    throw isNotFound(error) ? notFound(id) : toUnavailable(error);
  }
}

export function notFound(id: string): ApiError {
  return new ApiError('SANDBOX_NOT_FOUND', { message: `There is no sandbox ${id.slice(0, 63)}.` });
}
