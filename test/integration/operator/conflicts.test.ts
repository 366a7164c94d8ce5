import {
  controllerOf,
  controllerReference,
  defineResource,
  events,
  isControlledBy,
  networkPolicies,
  persistentVolumeClaims,
  pods,
  services,
  type KubeObject,
  type NetworkPolicy,
  type Pod,
} from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { describe, expect, it } from 'vitest';

import { sandboxes } from '../../../operator/src/kinds.ts';
import { useOperator } from './support/suite.ts';
import { conditionOf, LABEL, type World } from './support/world.ts';

const { suite, tampered, world: newWorld } = useOperator();

const limitRanges = defineResource<KubeObject>({
  group: '',
  version: 'v1',
  plural: 'limitranges',
  kind: 'LimitRange',
  namespaced: true,
});

const foreignPod = (world: World, name: string, metadata: object = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: world.namespace, ...metadata },
    spec: { containers: [{ name: 'main', image: 'somebody/else:1' }] },
  }) as Pod;

const foreignClaim = (world: World, name: string) =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: world.namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }) as const;

const foreignService = (world: World, name: string) =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: world.namespace },
    spec: { ports: [{ port: 80 }] },
  }) as const;

describe('an object of somebody else in the way', () => {
  it('of the pod is neither adopted nor deleted, and the sandbox recovers when it is gone', async () => {
    const world = await newWorld();
    const foreign = await world.client.create(pods, foreignPod(world, 'demo'));
    await world.create('demo');
    const told = await world.until('demo', 'Ready', 'PodNameTaken');
    expect(told.status).toMatchObject({ phase: 'Failed' });
    expect(told.status).not.toHaveProperty('podName');
    const kept = await world.client.get(pods, world.ref('demo'));
    expect(kept.metadata).toEqual(foreign.metadata);
    await world.client.delete(pods, world.ref('demo'));
    await world.until('demo', 'Ready', 'PodPending');
    expect(isControlledBy(await world.pod('demo', foreign), told)).toBe(true);
  });

  it('of the pod is left alone also when it bears the labels of sandfleet', async () => {
    const world = await newWorld();
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'x',
      uid: '11111111-1111-4111-8111-111111111111',
      controller: true,
    };
    const labels = {
      'app.kubernetes.io/managed-by': 'sandfleet',
      'app.kubernetes.io/name': 'sandfleet-sandbox',
      'sandfleet.dev/sandbox': 'demo',
    };
    tampered.add(world.namespace);
    const foreign = await world.client.create(pods, foreignPod(world, 'demo', { labels, ownerReferences: [owner] }));
    await world.create('demo');
    await world.until('demo', 'Ready', 'PodNameTaken');
    expect((await world.pod('demo')).metadata).toEqual(foreign.metadata);
    await world.client.delete(pods, world.ref('demo'));
    // This one is in the cache, so its end is seen at once.
    await world.until('demo', 'Ready', 'PodPending');
  });

  it('of the volume claim is left alone, and no pod is made with the data of somebody else', async () => {
    const world = await newWorld();
    const foreign = await world.client.create(persistentVolumeClaims, foreignClaim(world, 'demo-workspace'));
    await world.create('demo', { workspace: {} });
    await world.until('demo', 'WorkspaceReady', 'VolumeNameTaken');
    await world.until('demo', 'Ready', 'WaitingForWorkspace');
    expect(await world.pods()).toEqual([]);
    expect((await world.claim('demo'))?.metadata).toEqual(foreign.metadata);
  });

  it('of the Service is left alone, and the sandbox works without', async () => {
    const world = await newWorld();
    const foreign = await world.client.create(services, foreignService(world, 'demo'));
    await world.create('demo', { service: true });
    await world.until('demo', 'ServiceReady', 'ServiceNameTaken');
    await suite().agent.ready(await world.pod('demo'));
    await world.until('demo', 'Ready', 'PodReady');
    expect((await world.client.get(services, world.ref('demo'))).metadata.uid).toBe(foreign.metadata.uid);
    await world.change('demo', { service: false });
    await eventually(
      'the sandbox has let go of it',
      async () => conditionOf(await world.sandbox('demo'), 'ServiceReady') === undefined,
    );
    expect((await world.client.get(services, world.ref('demo'))).metadata).toEqual(foreign.metadata);
  });

  it('of the network policy is left alone, and no pod is made without one', async () => {
    const [model, world] = [await newWorld(), await newWorld()];
    await model.create('demo');
    const [policy] = await eventually('a policy to take the name from', async () => {
      const policies = await model.policies();
      return policies.length > 0 ? policies : undefined;
    });
    const metadata = { name: policy?.metadata.name ?? '', namespace: world.namespace };
    const open: NetworkPolicy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: {}, egress: [{}] },
    };
    const foreign = await world.client.create(networkPolicies, open);
    await world.create('demo');
    await world.until('demo', 'NetworkReady', 'PolicyNameTaken');
    await world.until('demo', 'Ready', 'WaitingForNetworkPolicy');
    expect(await world.pods()).toEqual([]);
    expect((await world.policies()).map((each) => each.metadata)).toEqual([foreign.metadata]);
    await world.client.delete(networkPolicies, metadata);
    await world.pod('demo');
  });
});

describe('what an earlier sandbox left behind', () => {
  it('is taken up again: its pod keeps running', async () => {
    const world = await newWorld();
    const first = await world.create('demo');
    const pod = await suite().agent.ready(await world.pod('demo'));
    await world.until('demo', 'Ready', 'PodReady');
    // What `kubectl delete --cascade=orphan` comes to.
    await world.client.delete(sandboxes, world.ref('demo'));
    await world.client.patch(
      pods,
      world.ref('demo'),
      { metadata: { ownerReferences: null } },
      { contentType: 'application/merge-patch+json' },
    );
    const second = await world.create('demo');
    const ready = await world.until('demo', 'Ready', 'PodReady');
    const kept = await world.client.get(pods, world.ref('demo'));
    expect(kept.metadata).toMatchObject({ uid: pod.metadata.uid, labels: { 'sandfleet.dev/sandbox-uid': second.metadata.uid } });
    expect(controllerOf(kept)?.uid).toBe(second.metadata.uid);
    expect(ready.status).toMatchObject({ podUID: pod.metadata.uid, recreations: 0 });
    expect(first.metadata.uid).not.toBe(second.metadata.uid);
  });

  it('is left alone where it is something else than what is asked for', async () => {
    const world = await newWorld();
    await world.create('demo', { image: 'x/y:1' });
    const pod = await world.pod('demo');
    await world.client.delete(sandboxes, world.ref('demo'));
    await world.client.patch(
      pods,
      world.ref('demo'),
      { metadata: { ownerReferences: null } },
      { contentType: 'application/merge-patch+json' },
    );
    await world.create('demo', { image: 'x/y:2' });
    await world.until('demo', 'Ready', 'PodNameTaken');
    expect((await world.pod('demo')).metadata.uid).toBe(pod.metadata.uid);
  });
});

describe('a second pod that names the sandbox as its controller', () => {
  it('stops everything: no third pod, none removed, and an event', async () => {
    const world = await newWorld();
    const sandbox = await world.create('demo');
    const pod = await suite().agent.ready(await world.pod('demo'));
    await world.until('demo', 'Ready', 'PodReady');
    const labels = { 'app.kubernetes.io/managed-by': 'sandfleet', [LABEL]: pod.metadata.labels?.[LABEL] };
    await world.client.create(pods, foreignPod(world, 'demo-2', { labels, ownerReferences: [controllerReference(sandbox)] }));
    await world.until('demo', 'Ready', 'MultiplePods');
    await world.client.delete(pods, world.ref('demo'), { gracePeriodSeconds: 0 });
    await eventually('an event says so', async () => {
      const { items } = await world.client.list(events, { namespace: world.namespace });
      return items.some(({ reason }) => reason === 'MultiplePods');
    });
    expect((await world.pods()).map(({ metadata }) => metadata.name)).toEqual(['demo-2']);
    await world.client.delete(pods, world.ref('demo-2'), { gracePeriodSeconds: 0 });
    await world.until('demo', 'Ready', 'PodPending');
  });
});

describe('a pod that the API server refuses', () => {
  it('is told with its reason, tried again, and made once it is allowed', async () => {
    const world = await newWorld();
    const limits = {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'small', namespace: world.namespace },
      spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] },
    };
    await world.client.create(limitRanges, limits);
    await eventually('the limit is in force', async () => {
      const probe = foreignPod(world, 'probe');
      const container = { name: 'main', image: 'x', resources: { limits: { memory: '2Gi' } } };
      const attempt = world.client.create(pods, { ...probe, spec: { containers: [container] } } as Pod, { dryRun: true });
      return attempt.then(
        () => false,
        () => true,
      );
    });
    await world.create('demo');
    const told = await world.until('demo', 'Ready', 'PodRefused');
    expect(conditionOf(told, 'Ready')?.message).toMatch(
      /^The API server refuses the pod: .*maximum memory usage per Container is 1Gi/,
    );
    await world.client.delete(limitRanges, { namespace: world.namespace, name: 'small' });
    await world.until('demo', 'Ready', 'PodPending');
  });
});

describe('labels that somebody takes from a pod', () => {
  it('are put back, so that it stays known and under its policy', async () => {
    const world = await newWorld();
    tampered.add(world.namespace);
    await world.create('demo');
    const pod = await world.pod('demo');
    const labels = Object.fromEntries(Object.keys(pod.metadata.labels ?? {}).map((label) => [label, null]));
    await world.client.patch(pods, world.ref('demo'), { metadata: { labels } }, { contentType: 'application/merge-patch+json' });
    await eventually('the labels are back', async () => {
      const { metadata } = await world.pod('demo');
      return metadata.uid === pod.metadata.uid && metadata.labels?.[LABEL] === pod.metadata.labels?.[LABEL];
    });
    await world.until('demo', 'Ready', 'PodPending');
    expect((await world.pods()).map(({ metadata }) => metadata.uid)).toEqual([pod.metadata.uid]);
  });
});
