import { setTimeout as sleep } from 'node:timers/promises';

import { isUnavailable, pods, type Applier, type KubeClient } from '@sandfleet/kube';
import { LABELS } from '@sandfleet/crds';

import type { Caches } from '../../caches.ts';
import type { ObjectReference } from '../desired.ts';
import { remove } from '../write.ts';

const RETRY_MS = 1000;

export interface RemovalContext {
  readonly client: KubeClient;
  readonly applier: Applier;
  readonly caches: Caches;
  readonly signal: AbortSignal;
}

/**
 * Whether the API server knows a pod under the policy of `label`. The cache may lag: a pod whose create was answered by a
 * broken connection is in no cache until the watch brings it.
 */
export async function hasLivePods(
  { client, caches, signal }: RemovalContext,
  namespace: string,
  label: string,
): Promise<boolean> {
  const { items } = await client.list(pods, { namespace, labelSelector: `${LABELS.network}=${label}`, limit: 1, signal });
  items.forEach((pod) => caches.pods.upsert(pod));
  return items.length > 0;
}

/**
 * Deletes, and comes back only with a definite answer: while it is not known whether the policy is still there, nobody may
 * begin to rely on it.
 */
export async function removeForSure({ applier, signal }: RemovalContext, reference: ObjectReference): Promise<void> {
  for (;;) {
    try {
      return await remove(applier, reference);
    } catch (error) {
      if (!isUnavailable(error) || signal.aborted) throw error;
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}
