import type { Condition, Sandbox, SandboxSpec } from '@sandfleet/crds';
import {
  configMaps,
  isNotFound,
  networkPolicies,
  persistentVolumeClaims,
  pods,
  type KubeClient,
  type KubeObject,
  type NetworkPolicy,
  type Pod,
  type ResourceType,
} from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';

import { sandboxes } from '../../../../operator/src/kinds.ts';

export const LABEL = 'sandfleet.dev/network';

/** What a person or the api would do in one namespace, and what they would see. */
export class World {
  readonly client: KubeClient;
  readonly namespace: string;

  constructor(client: KubeClient, namespace: string) {
    this.client = client;
    this.namespace = namespace;
  }

  async create(name: string, spec: Partial<SandboxSpec> | object = {}): Promise<Sandbox> {
    const metadata = { name, namespace: this.namespace };
    // The API server fills in what a Sandbox always has.
    return this.client.create(sandboxes, { apiVersion: 'sandfleet.dev/v1alpha1', kind: 'Sandbox', metadata, spec } as Sandbox);
  }

  async change(name: string, spec: object): Promise<Sandbox> {
    return this.client.patch(sandboxes, this.ref(name), { spec }, { contentType: 'application/merge-patch+json' });
  }

  sandbox(name: string): Promise<Sandbox> {
    return this.client.get(sandboxes, this.ref(name));
  }

  /** Deletes the sandbox and, as the garbage collector would, its pod. */
  async delete(name: string): Promise<void> {
    await this.client.delete(sandboxes, this.ref(name));
    const pod = await this.find(pods, name);
    if (pod !== undefined)
      await this.client.delete(pods, { ...this.ref(name), uid: pod.metadata.uid }, { gracePeriodSeconds: 0 });
  }

  /** Leaves no sandbox and no pod to the tests that come after. */
  async clear(): Promise<void> {
    const { namespace } = this;
    await this.client.deleteCollection(sandboxes, { namespace });
    const { items } = await this.client.list(pods, { namespace });
    await Promise.all(items.map(({ metadata }) => this.client.delete(pods, metadata, { gracePeriodSeconds: 0 })));
  }

  async find<T extends KubeObject>(type: ResourceType<T>, name: string): Promise<T | undefined> {
    try {
      return await this.client.get(type, this.ref(name));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The pod of the sandbox, once it is there; another than `not`, where given. */
  pod(name: string, not?: Pod): Promise<Pod> {
    return eventually(`a pod ${name}`, async () => {
      const pod = await this.find(pods, name);
      return pod?.metadata.uid === not?.metadata.uid ? undefined : pod;
    });
  }

  async pods(): Promise<readonly Pod[]> {
    return (await this.client.list(pods, { namespace: this.namespace })).items;
  }

  async policies(): Promise<readonly NetworkPolicy[]> {
    return (await this.client.list(networkPolicies, { namespace: this.namespace })).items;
  }

  claim(name: string) {
    return this.find(persistentVolumeClaims, `${name}-workspace`);
  }

  /** Waits until the condition has the reason, and gives the sandbox as it is then. */
  until(name: string, type: string, reason: string): Promise<Sandbox> {
    return eventually(`${type} of ${name} to be ${reason}`, async () => {
      const sandbox = await this.sandbox(name);
      return conditionOf(sandbox, type)?.reason === reason ? sandbox : undefined;
    });
  }

  ref(name: string) {
    return { namespace: this.namespace, name };
  }
}

export const conditionOf = (sandbox: Sandbox, type: string): Condition | undefined =>
  sandbox.status?.conditions?.find((condition) => condition.type === type);

/** What the api publishes when it starts. */
export async function publishKeys(client: KubeClient, namespace: string, kid = 'key-1'): Promise<void> {
  const data = { 'pod-tokens.kid': kid, 'pod-tokens.pem': `-----BEGIN PUBLIC KEY-----\n${kid}\n-----END PUBLIC KEY-----\n` };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'sandfleet-public-keys', namespace }, data };
  await client.apply(configMaps, object, { fieldManager: 'test', force: true });
}
