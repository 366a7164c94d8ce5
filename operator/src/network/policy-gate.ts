import { isNotFound, networkPolicies, type KubeClient, type NetworkPolicy } from '@sandfleet/kube';

import { policyKey, type Caches } from '../caches.ts';
import { policyName } from './egress-key.ts';
import type { PolicyLeases } from './policy-leases.ts';

export interface PolicyGateOptions {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly leases: PolicyLeases;
}

/** The only way to put a pod under a policy: with the policy there, and kept there until the write is in the store. */
export class PolicyGate {
  readonly #options: PolicyGateOptions;
  /**
   * Policies that the API server itself has confirmed to this process. Held weakly: one goes with its object in the cache,
   * and tenants who bring ever new lists of ranges fill no memory with the policies of before.
   */
  readonly #confirmed = new WeakSet<NetworkPolicy>();

  constructor(options: PolicyGateOptions) {
    this.#options = options;
  }

  /** Runs `write`, and is true; or is false where the policy is not there, and the pass has to come again. */
  async under(namespace: string, label: string, write: () => Promise<void>): Promise<boolean> {
    const release = this.#options.leases.hold(policyKey(namespace, label));
    if (release === undefined) return false;
    try {
      if (!(await this.#isThere(namespace, policyName(label)))) return false;
      await write();
      return true;
    } finally {
      release();
    }
  }

  async #isThere(namespace: string, name: string): Promise<boolean> {
    const { client, caches } = this.#options;
    const policy = caches.policies.get(namespace, name);
    const uid = policy?.metadata.uid;
    if (policy === undefined || uid === undefined || policy.metadata.deletionTimestamp !== undefined) return false;
    if (this.#confirmed.has(policy)) return true;
    try {
      // A process that has just begun to lead may lag behind the removals of its predecessor; from then on it knows its own.
      const live = await client.get(networkPolicies, { namespace, name });
      if (live.metadata.uid !== uid || live.metadata.deletionTimestamp !== undefined) {
        caches.policies.upsert(live);
        return false;
      }
      this.#confirmed.add(policy);
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      caches.policies.remove({ namespace, name, uid });
      return false;
    }
  }
}
