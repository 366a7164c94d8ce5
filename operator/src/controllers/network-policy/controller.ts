import {
  keyOf,
  parseKey,
  runController,
  WorkQueue,
  type Applier,
  type KubeClient,
  type KubeMetrics,
  type NetworkPolicy,
} from '@sandfleet/kube';
import type { Logger } from '@sandfleet/server-kit';

import { policyOfPod, wantedPolicy, type Caches } from '../../caches.ts';
import { egressIntent, labelOfPolicy } from '../../network/egress-key.ts';
import type { PolicyLeases } from '../../network/policy-leases.ts';
import type { PolicyPlanner } from '../../network/policy-planner.ts';
import { isOurs } from '../../network/widening.ts';
import type { ObjectReference } from '../desired.ts';
import { write } from '../write.ts';
import { reconcilePolicy } from './reconcile.ts';
import { hasLivePods, removeForSure } from './remove-unused.ts';

export interface NetworkPolicyControllerOptions {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly planner: PolicyPlanner;
  readonly applier: Applier;
  readonly leases: PolicyLeases;
  readonly concurrency: number;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
}

const NAME = 'network-policy';
const RETRY_SECONDS = 1;

/** Runs until the signal aborts and the passes under way are done. */
export async function runNetworkPolicyController(options: NetworkPolicyControllerOptions, signal: AbortSignal): Promise<void> {
  const { concurrency, log, metrics } = options;
  const queue = new WorkQueue({ name: NAME, metrics });
  const controller = new NetworkPolicyController(options, signal);
  const unwatch = watchPolicyKeys(options, (key) => queue.add(key));
  const pass = (key: string, context: { readonly log: Logger }) => controller.reconcile(key, context.log);
  try {
    await runController({ name: NAME, queue, concurrency, reconcile: pass, log, metrics, signal });
  } finally {
    unwatch();
  }
}

function watchPolicyKeys({ caches, planner }: NetworkPolicyControllerOptions, add: (key: string) => void): () => void {
  const addPolicy = (policy: NetworkPolicy) => {
    if (labelOfPolicy(policy.metadata.name) !== undefined) add(keyOf(policy.metadata));
  };
  const addSome = (keys: readonly (string | undefined)[]) => keys.forEach((key) => key !== undefined && add(key));
  const all = () => {
    addSome(caches.sandboxes.list().map(wantedPolicy));
    addSome(caches.pods.list().map(policyOfPod));
    caches.policies.list().filter(isOurs).forEach(addPolicy);
  };
  const subscriptions = [
    caches.sandboxes.subscribe(({ object, old }) => addSome([wantedPolicy(object), old && wantedPolicy(old)])),
    caches.pods.subscribe(({ object, old }) => addSome([policyOfPod(object), old && policyOfPod(old)])),
    caches.policies.subscribe(({ object }) => addPolicy(object)),
    planner.onChange(all),
  ];
  all();
  return () => subscriptions.forEach((unsubscribe) => unsubscribe());
}

class NetworkPolicyController {
  readonly #options: NetworkPolicyControllerOptions;
  readonly #signal: AbortSignal;
  readonly #unusedSince = new Map<string, Date>();

  constructor(options: NetworkPolicyControllerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  async reconcile(key: string, log: Logger): Promise<{ requeueAfterSeconds?: number } | void> {
    const { caches, applier, leases } = this.#options;
    const { namespace = '', name } = parseKey(key);
    const label = labelOfPolicy(name);
    if (label === undefined) return;
    const live = caches.policies.get(namespace, name);
    const isUsed = this.#isUsed(key);
    const now = new Date();
    this.#note(key, { isUsed, exists: live !== undefined, now });
    const intent = this.#intent(key, { namespace, label, live });
    const desired = reconcilePolicy({ live, intent, isUsed, unusedSince: this.#unusedSince.get(key) }, now);
    for (const object of desired.apply) {
      await write(applier, object);
      log.info({ policy: name, uid: object.metadata.uid }, live === undefined ? 'policy made' : 'policy brought up to date');
    }
    for (const reference of desired.delete) {
      const removed = await leases.exclude(key, () => this.#removeUnused(key, label, reference));
      if (removed !== true) return { requeueAfterSeconds: RETRY_SECONDS };
      log.info({ policy: name }, 'policy removed, nobody uses it');
    }
    return desired.requeueAfterSeconds === undefined ? {} : { requeueAfterSeconds: desired.requeueAfterSeconds };
  }

  /** Runs while no pod can be put under the policy; what was decided before that may be out of date. */
  async #removeUnused(key: string, label: string, reference: ObjectReference): Promise<boolean> {
    const context = { ...this.#options, signal: this.#signal };
    if (this.#isUsed(key) || (await hasLivePods(context, reference.namespace, label))) return false;
    await removeForSure(context, reference);
    return true;
  }

  /** A sandbox that is being deleted makes no pod any more; its last one counts by its label until it is gone. */
  #isUsed(key: string): boolean {
    const { caches } = this.#options;
    const isWanted = caches.sandboxes.byIndex('policy', key).some(({ metadata }) => metadata.deletionTimestamp === undefined);
    return isWanted || caches.pods.byIndex('policy', key).length > 0;
  }

  #note(key: string, { isUsed, exists, now }: { readonly isUsed: boolean; readonly exists: boolean; readonly now: Date }): void {
    if (isUsed || !exists) this.#unusedSince.delete(key);
    else if (!this.#unusedSince.has(key)) this.#unusedSince.set(key, now);
  }

  #intent(
    key: string,
    { namespace, label, live }: { readonly namespace: string; readonly label: string; readonly live: NetworkPolicy | undefined },
  ): NetworkPolicy {
    const { caches, planner } = this.#options;
    const [sandbox] = caches.sandboxes.byIndex('policy', key);
    if (sandbox !== undefined) return planner.plan(namespace, egressIntent(sandbox.spec.network.egress));
    return planner.replan(namespace, label, live);
  }
}
