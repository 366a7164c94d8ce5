import { pods, type KubeClient, type Pod } from '@sandfleet/kube';

const MERGE = { contentType: 'application/merge-patch+json', subresource: 'status' } as const;

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

/** Plays scheduler and kubelet: gives pods a node, and reports how they do. */
export class NodeAgent {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  async bind(pod: Pod, node = 'node-1'): Promise<void> {
    const { name, namespace = '', uid = '' } = pod.metadata;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    };
    await this.#client.create(pods, binding as unknown as Pod, { subresource: 'binding' });
  }

  async report(pod: Pod, status: unknown): Promise<Pod> {
    return this.#client.patch(pods, pod.metadata, { status }, MERGE);
  }

  async ready(pod: Pod, ip = '10.244.0.7'): Promise<Pod> {
    if (pod.spec?.nodeName === undefined) await this.bind(pod);
    return this.report(pod, {
      phase: 'Running',
      startTime: now(),
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [condition('PodScheduled', 'True'), condition('Ready', 'True')],
      containerStatuses: [container(pod, { ready: true, started: true, state: { running: { startedAt: now() } } })],
    });
  }

  async waiting(pod: Pod, reason: string, message: string): Promise<Pod> {
    if (pod.spec?.nodeName === undefined) await this.bind(pod);
    return this.report(pod, {
      phase: 'Pending',
      conditions: [condition('PodScheduled', 'True'), condition('Ready', 'False')],
      containerStatuses: [container(pod, { state: { waiting: { reason, message } } })],
    });
  }

  async outOfMemory(pod: Pod): Promise<Pod> {
    const end = { reason: 'OOMKilled', exitCode: 137, startedAt: now(), finishedAt: now() };
    return this.report(pod, {
      containerStatuses: [
        container(pod, {
          ready: true,
          started: true,
          restartCount: 1,
          state: { running: { startedAt: now() } },
          lastState: { terminated: end },
        }),
      ],
    });
  }

  async evict(pod: Pod): Promise<Pod> {
    const end = { reason: 'Error', exitCode: 137, startedAt: now(), finishedAt: now() };
    return this.report(pod, {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      conditions: [condition('PodScheduled', 'True'), condition('Ready', 'False')],
      containerStatuses: [container(pod, { state: { terminated: end } })],
    });
  }

  /** The pod has stopped: what a kubelet tells the API server at the end of a graceful deletion. */
  async stopped(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    await this.#client.delete(pods, { name, namespace, uid }, { gracePeriodSeconds: 0 });
  }
}

const condition = (type: string, status: string) => ({ type, status, lastTransitionTime: now() });

const container = (pod: Pod, status: object) => ({
  name: 'sandbox',
  image: pod.spec?.containers[0]?.image ?? '',
  imageID: '',
  ready: false,
  restartCount: 0,
  lastState: {},
  ...status,
});
