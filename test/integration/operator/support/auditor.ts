import { networkPolicies, pods, type KubeClient, type KubeObject, type ResourceType, type WatchEvent } from '@sandfleet/kube';

interface Entry {
  readonly revision: number;
  readonly kind: 'Pod' | 'NetworkPolicy';
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

const NETWORK = 'sandfleet.dev/network';

/**
 * Writes down every change of pods and network policies that the API server tells, and puts the two histories together by
 * revision: so it sees whether a pod was ever, for one revision, under a label without a policy.
 */
export class Auditor {
  readonly #entries: Entry[] = [];
  readonly #old = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #watches: Promise<void>[] = [];

  static async start(client: KubeClient): Promise<Auditor> {
    const auditor = new Auditor();
    await Promise.all([auditor.#follow(client, pods, 'Pod'), auditor.#follow(client, networkPolicies, 'NetworkPolicy')]);
    return auditor;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#watches);
  }

  /** Pods that were made, in the namespace or in all. */
  podsMade(namespace?: string): number {
    const isMeant = (object: KubeObject) => namespace === undefined || object.metadata.namespace === namespace;
    return this.#entries.filter(({ kind, type, object }) => kind === 'Pod' && type === 'ADDED' && isMeant(object)).length;
  }

  /** Every moment at which a pod with the label of a policy existed and the policy did not; namespaces in `except` aside. */
  violations(except: ReadonlySet<string> = new Set()): readonly string[] {
    const policies = new Set<string>();
    const labels = new Map<string, string>();
    const found: string[] = [];
    for (const { kind, type, object, revision } of this.#entries.toSorted((a, b) => a.revision - b.revision)) {
      const { namespace = '', name, uid = '' } = object.metadata;
      if (except.has(namespace) || this.#old.has(namespace)) continue;
      if (kind === 'NetworkPolicy') {
        if (type === 'DELETED') policies.delete(`${namespace}/${name}`);
        else policies.add(`${namespace}/${name}`);
      } else if (type === 'DELETED') labels.delete(uid);
      else labels.set(uid, `${namespace}/sandfleet-${object.metadata.labels?.[NETWORK] ?? 'none'}`);
      const bare = [...labels.values()].filter((policy) => !policies.has(policy));
      if (bare.length > 0)
        found.push(`at ${revision}, after ${type} ${kind} ${namespace}/${name}: no ${[...new Set(bare)].join(', ')}`);
    }
    return found.slice(0, 5);
  }

  async #follow(client: KubeClient, type: ResourceType, kind: Entry['kind']): Promise<void> {
    const { items, metadata } = await client.list(type);
    // How old objects came to be is not known; their namespaces are left out.
    for (const object of items) this.#old.add(object.metadata.namespace ?? '');
    const run = async () => {
      try {
        const options = { resourceVersion: metadata.resourceVersion, timeoutSeconds: 3600, idleTimeoutSeconds: 3600 };
        for await (const event of client.watch(type, options, this.#stopping.signal)) this.#record(kind, event);
      } catch (error) {
        if (!this.#stopping.signal.aborted) throw error;
      }
    };
    this.#watches.push(run());
  }

  #record(kind: Entry['kind'], { type, object }: WatchEvent<KubeObject>): void {
    if (type === 'BOOKMARK' || object.metadata.labels?.['app.kubernetes.io/managed-by'] !== 'sandfleet') return;
    this.#entries.push({ revision: Number(object.metadata.resourceVersion), kind, type, object });
  }
}
