import { events, isControlledBy, namespaces, pods, services } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';

import { sandboxes } from '../../../operator/src/kinds.ts';
import { total } from './support/operator.ts';
import { useOperator } from './support/suite.ts';
import { conditionOf, LABEL, type World } from './support/world.ts';

const { suite, world: newWorld } = useOperator();

/** A sandbox with a pod that its node reports as ready. */
async function readySandbox(world: World, name: string, spec: object = {}) {
  await world.create(name, spec);
  const pod = await suite().agent.ready(await world.pod(name));
  await world.until(name, 'Ready', 'PodReady');
  return pod;
}

describe('a new sandbox', () => {
  it('becomes Ready with the pod, and tells what it did in events', async () => {
    const world = await newWorld();
    // The oldest sandbox of a name has the URL, so it is a name of its own.
    const name = `new-${world.namespace}`;
    await world.create(name);
    const pending = await world.until(name, 'Ready', 'PodPending');
    expect(pending.status).toMatchObject({
      phase: 'Pending',
      url: `http://gateway.test:30080/s/${name}/`,
      observedGeneration: 1,
    });
    const pod = await suite().agent.ready(await world.pod(name));
    const ready = await world.until(name, 'Ready', 'PodReady');
    expect(ready.status).toMatchObject({
      phase: 'Ready',
      podName: name,
      podUID: pod.metadata.uid,
      podIPs: ['10.244.0.7'],
      nodeName: 'node-1',
      restarts: 0,
      recreations: 0,
    });
    expect(ready.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'Ready=True',
      'PodScheduled=True',
      'NetworkReady=True',
      'WorkspaceReady=True',
    ]);
    await eventually('the events are written', async () => {
      const { items } = await world.client.list(events, { namespace: world.namespace });
      const reasons = new Set(items.map(({ reason }) => reason));
      return reasons.has('PodCreated') && reasons.has('Ready');
    });
  });

  it('is admitted where Pod Security demands the restricted profile', async () => {
    const world = await newWorld();
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/enforce-version': 'latest' };
    await world.client.patch(
      namespaces,
      { name: world.namespace },
      { metadata: { labels } },
      { contentType: 'application/merge-patch+json' },
    );
    await world.create('demo', { workspace: { size: '1Gi' }, env: [{ name: 'A', value: '$(HOME)' }] });
    const pod = await world.pod('demo');
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsUser: 1000 },
    });
    expect(pod.spec?.volumes?.map(({ name }) => name)).toEqual(['home', 'shared-memory']);
    expect(pod.spec?.containers[0]?.env).toContainEqual({ name: 'A', value: '$$(HOME)' });
  });

  it('costs few writes, and none once it is at rest', async () => {
    const world = await newWorld();
    await readySandbox(world, 'demo');
    const writes = async () => {
      const { registry } = suite().operator;
      const [applied, created] = [
        await total(registry, 'kube_applies_total', { result: 'applied' }),
        await total(registry, 'rest_client_requests_total', { method: 'POST' }),
      ];
      return { applied, created };
    };
    // Leases and events are written by the clock; intents and creates only when something has changed.
    await sleep(1000);
    const before = await writes();
    const { resourceVersion } = (await world.sandbox('demo')).metadata;
    await sleep(2000);
    expect((await writes()).applied).toBe(before.applied);
    expect((await world.sandbox('demo')).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('of a burst gets exactly one pod each', async () => {
    const world = await newWorld();
    const names = Array.from({ length: 100 }, (_, index) => `burst-${index}`);
    await Promise.all(names.map((name) => world.create(name)));
    await eventually('100 pods', async () => (await world.pods()).length === 100);
    expect((await world.pods()).map(({ metadata }) => metadata.name).toSorted()).toEqual(names.toSorted());
    expect(await world.policies()).toHaveLength(1);
  });

  it('keeps a name of 63 characters', async () => {
    const world = await newWorld();
    const name = 'a'.repeat(63);
    await world.create(name, { service: true, workspace: {} });
    const pod = await world.pod(name);
    expect(pod.spec?.hostname).toBe(name);
    expect(await world.claim(name)).toBeDefined();
    expect(await world.find(services, name)).toBeDefined();
  });
});

describe('a pod that goes away', () => {
  it('is back under the same name, as another pod, when somebody deletes it', async () => {
    const world = await newWorld();
    const first = await readySandbox(world, 'demo', { workspace: { size: '1Gi' } });
    const claim = await world.claim('demo');
    await world.client.delete(pods, world.ref('demo'));
    await world.until('demo', 'Ready', 'PodTerminating');
    await suite().agent.stopped(first);
    const second = await world.pod('demo', first);
    await suite().agent.ready(second);
    const { status } = await world.until('demo', 'Ready', 'PodReady');
    expect(status).toMatchObject({
      podUID: second.metadata.uid,
      recreations: 1,
      failures: 0,
      lastTermination: { reason: 'Deleted', node: 'node-1', podUID: first.metadata.uid },
    });
    expect((await world.claim('demo'))?.metadata.uid).toBe(claim?.metadata.uid);
  });

  it('is made anew after its back-off when it was evicted, with the cause kept and the volume untouched', async () => {
    const world = await newWorld();
    const first = await readySandbox(world, 'demo', { workspace: { size: '1Gi' } });
    const claim = await world.claim('demo');
    await suite().agent.evict(first);
    const failed = await world.until('demo', 'Ready', 'PodFailed');
    const cause = {
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      exitCode: 137,
      node: 'node-1',
      podUID: first.metadata.uid,
    };
    expect(failed.status).toMatchObject({ failures: 1, lastTermination: cause });
    await eventually(
      'the failed pod is removed',
      async () => (await world.find(pods, 'demo'))?.metadata.uid !== first.metadata.uid,
    );
    const { creationTimestamp = '' } = (await world.pod('demo', first)).metadata;
    expect(Date.parse(creationTimestamp)).toBeGreaterThanOrEqual(Date.parse(failed.status?.nextAttemptTime ?? ''));
    const { status } = await world.until('demo', 'Ready', 'PodPending');
    expect(status).toMatchObject({ recreations: 1, lastTermination: cause });
    expect(status).not.toHaveProperty('nextAttemptTime');
    expect((await world.claim('demo'))?.metadata.uid).toBe(claim?.metadata.uid);
  });
});

describe('a sandbox that is made again at once under the same name', () => {
  it('waits for the pod of the former one to go, without an alarm, and then has its own', async () => {
    const world = await newWorld();
    const former = await readySandbox(world, 'demo');
    await world.client.delete(sandboxes, world.ref('demo'));
    const second = await world.create('demo');
    // The garbage collector deletes the pod; the kubelet takes a while to stop it.
    await world.client.delete(pods, world.ref('demo'));
    await world.until('demo', 'Ready', 'PodTerminating');
    await suite().agent.stopped(former);
    const own = await world.pod('demo', former);
    expect(isControlledBy(own, second)).toBe(true);
    await world.until('demo', 'Ready', 'PodPending');
    const { items } = await world.client.list(events, { namespace: world.namespace });
    expect(items.filter(({ type, regarding }) => type === 'Warning' && regarding?.uid === second.metadata.uid)).toEqual([]);
  });
});

describe('a pod in trouble', () => {
  it('shows an image that cannot be pulled once, whatever the node calls it, and clears it', async () => {
    const world = await newWorld();
    await world.create('demo', { image: 'registry.test/team/missing:1' });
    const pod = await suite().agent.waiting(
      await world.pod('demo'),
      'ErrImagePull',
      'rpc error: code = NotFound: registry.test/team/missing:1: not found',
    );
    const told = await world.until('demo', 'Ready', 'ImagePullFailed');
    expect(conditionOf(told, 'Ready')?.message).toContain('registry.test/team/missing:1');
    expect(told.status?.phase).toBe('Failed');
    await suite().agent.waiting(pod, 'ImagePullBackOff', 'Back-off pulling image "registry.test/team/missing:1"');
    await sleep(1500);
    expect((await world.sandbox('demo')).metadata.resourceVersion).toBe(told.metadata.resourceVersion);
    await suite().agent.ready(await world.pod('demo'));
    expect((await world.until('demo', 'Ready', 'PodReady')).status?.phase).toBe('Ready');
  });

  it('keeps in the status that its container ran out of memory', async () => {
    const world = await newWorld();
    const pod = await readySandbox(world, 'demo');
    await suite().agent.outOfMemory(pod);
    const { status } = await eventually('the restart is in the status', async () => {
      const sandbox = await world.sandbox('demo');
      return sandbox.status?.restarts === 1 ? sandbox : undefined;
    });
    expect(status?.lastTermination).toMatchObject({ reason: 'OOMKilled', exitCode: 137, container: 'sandbox', node: 'node-1' });
    await eventually('an event says so', async () => {
      const { items } = await world.client.list(events, { namespace: world.namespace });
      return items.some(({ reason, type }) => reason === 'OOMKilled' && type === 'Warning');
    });
  });
});

describe('the Service', () => {
  it('finds its pod again when somebody adds to its selector', async () => {
    const world = await newWorld();
    await world.create('demo', { service: true });
    const { metadata, spec } = await eventually('the Service', () => world.find(services, 'demo'));
    const type = { contentType: 'application/merge-patch+json' } as const;
    await world.client.patch(services, metadata, { spec: { selector: { nobody: 'has-it' } } }, type);
    await eventually('the change is taken back', async () =>
      isDeepStrictEqual((await world.find(services, 'demo'))?.spec?.selector, spec?.selector),
    );
  });

  it('is there when it is asked for, and gone when not', async () => {
    const world = await newWorld();
    const made = await world.create('demo', { service: true });
    const service = await eventually('the Service', () => world.find(services, 'demo'));
    expect(service.spec).toMatchObject({ clusterIP: 'None', selector: { 'sandfleet.dev/sandbox-uid': made.metadata.uid } });
    expect(isControlledBy(service, made)).toBe(true);
    await world.until('demo', 'ServiceReady', 'ServiceInPlace');
    await world.change('demo', { service: false });
    await eventually('no Service', async () => (await world.find(services, 'demo')) === undefined);
    await eventually('no condition about it', async () => conditionOf(await world.sandbox('demo'), 'ServiceReady') === undefined);
  });
});

describe('the workspace', () => {
  it('goes with the sandbox, or is kept and taken up by the next one of its name', async () => {
    const world = await newWorld();
    const first = await world.create('demo', { workspace: { size: '1Gi', retention: 'Retain' } });
    const claim = await eventually('the claim', () => world.claim('demo'));
    expect(claim.metadata.ownerReferences).toBeUndefined();
    expect(claim.spec).toMatchObject({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } });
    await world.pod('demo');
    await world.delete('demo');
    const second = await world.create('demo', { workspace: { size: '2Gi', retention: 'Delete' } });
    const taken = await eventually('the claim has its new owner', async () => {
      const found = await world.claim('demo');
      return found !== undefined && isControlledBy(found, second) ? found : undefined;
    });
    expect(taken.metadata).toMatchObject({
      uid: claim.metadata.uid,
      labels: { 'sandfleet.dev/sandbox-uid': second.metadata.uid },
    });
    expect(first.metadata.uid).not.toBe(second.metadata.uid);
  });
});

describe('two sandboxes of one name', () => {
  it('share no URL: the older one has it until it goes', async () => {
    const [one, two] = [await newWorld(), await newWorld()];
    const name = `twin-${one.namespace}`;
    await one.create(name);
    await one.until(name, 'Ready', 'PodPending');
    // The age is told in whole seconds; the uid decides within one.
    await sleep(1100);
    await two.create(name);
    expect((await two.until(name, 'Ready', 'PodPending')).status).not.toHaveProperty('url');
    expect((await one.sandbox(name)).status?.url).toContain(`/s/${name}/`);
    await one.delete(name);
    await eventually('the younger one has the URL', async () => (await two.sandbox(name)).status?.url?.endsWith(`/s/${name}/`));
  });
});

it('labels every pod for its policy', async () => {
  const { items } = await suite().client.list(pods, { labelSelector: 'app.kubernetes.io/managed-by=sandfleet' });
  expect(items.length).toBeGreaterThan(100);
  expect(items.filter(({ metadata }) => metadata.labels?.[LABEL] === undefined)).toEqual([]);
});
