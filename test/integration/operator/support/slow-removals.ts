import { setTimeout as sleep } from 'node:timers/promises';

import { KubeClient, type DeleteOptions, type DeleteRef, type KubeObject, type ResourceType } from '@sandfleet/kube';

const REMOVAL_MS = 250;

/** As over a slow line: a removal of a network policy takes a while to arrive, and its answer a while to come back. */
export class SlowRemovals extends KubeClient {
  override async delete<T extends KubeObject>(
    type: ResourceType<T>,
    ref: DeleteRef,
    options?: DeleteOptions,
  ): Promise<T | undefined> {
    if (type.kind !== 'NetworkPolicy') return super.delete(type, ref, options);
    await sleep(REMOVAL_MS);
    const answer = await super.delete(type, ref, options);
    await sleep(REMOVAL_MS);
    return answer;
  }
}
