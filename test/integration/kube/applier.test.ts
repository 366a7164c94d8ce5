import {
  Applier,
  type ConfigMap,
  configMaps,
  isConflict,
  type KubeObject,
  type Pod,
  pods,
  Reflector,
  Store,
} from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedApiserver } from '../../support/shared-apiserver.ts';

const cluster = sharedApiserver();
const admin = cluster.admin();
const log = pino({ level: 'silent' });
const store = new Store<ConfigMap>();
const podStore = new Store<Pod>();
const stop = new AbortController();
let namespace: string;
let applier: Applier;
let running: Promise<unknown>;

beforeAll(async () => {
  namespace = await cluster.createNamespace('applier');
  const reflectors = [
    new Reflector({ client: admin, type: configMaps, namespace, store, log }),
    new Reflector({ client: admin, type: pods, namespace, store: podStore, log }),
  ];
  running = Promise.all(reflectors.map((each) => each.run(stop.signal)));
  await Promise.all(reflectors.map((each) => each.synced()));
});
beforeEach(() => {
  applier = new Applier({ client: admin, fieldManager: 'sandfleet-test' }).use(configMaps, store).use(pods, podStore);
});
afterAll(async () => {
  stop.abort();
  await running;
  await cluster.close();
});

function configMap(name: string, data: Record<string, string>): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data };
}

function pod(name: string, more: object = {}): KubeObject {
  const container = { name: 'sandbox', image: 'example.test/none', resources: { requests: { cpu: '1000m' } }, ...more };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app: 'x' } },
    spec: { automountServiceAccountToken: false, containers: [container] },
  };
}

describe('Applier with a real API server', () => {
  it('costs nothing when nothing changes, and the same apply sent anyway changes nothing', async () => {
    const first = await applier.apply(configMaps, configMap('noop', { a: '1' }));
    expect(await applier.apply(configMaps, configMap('noop', { a: '1' }))).toBe(store.get(namespace, 'noop'));
    const sent = await new Applier({ client: admin, fieldManager: 'sandfleet-test' }).apply(
      configMaps,
      configMap('noop', { a: '1' }),
    );
    expect(sent.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('removes what it applied before and leaves out now, and leaves the fields of others alone', async () => {
    await applier.apply(configMaps, configMap('fields', { ours: '1', dropped: '1' }));
    await admin.patch(
      configMaps,
      { namespace, name: 'fields' },
      { data: { theirs: '1' } },
      { contentType: 'application/merge-patch+json' },
    );
    const applied = await applier.apply<ConfigMap>(configMaps, configMap('fields', { ours: '2' }));
    expect(applied.data).toEqual({ ours: '2', theirs: '1' });
  });

  it('repairs drift, and only drift', async () => {
    await applier.apply(configMaps, configMap('drift', { ours: '1' }));
    const change = (data: object) =>
      admin.patch(configMaps, { namespace, name: 'drift' }, { data }, { contentType: 'application/merge-patch+json' });
    const theirs = await change({ theirs: '1' });
    await eventually(
      'their change',
      () => store.get(namespace, 'drift')?.metadata.resourceVersion === theirs.metadata.resourceVersion,
    );
    const untouched = await applier.apply(configMaps, configMap('drift', { ours: '1' }));
    expect(untouched.metadata.resourceVersion).toBe(theirs.metadata.resourceVersion);
    const drift = await change({ ours: 'changed' });
    await eventually(
      'the drift',
      () => store.get(namespace, 'drift')?.metadata.resourceVersion === drift.metadata.resourceVersion,
    );
    expect((await applier.apply<ConfigMap>(configMaps, configMap('drift', { ours: '1' }))).data).toEqual({
      ours: '1',
      theirs: '1',
    });
  });

  it('applies a status apart, which leaves the rest alone', async () => {
    const created = await applier.apply<Pod>(pods, pod('status'));
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }];
    const status = { ...pod('status'), status: { phase: 'Running', podIP: '10.0.0.1', conditions } };
    const updated = await applier.apply<Pod>(pods, status, { subresource: 'status' });
    expect(updated.status).toMatchObject({ phase: 'Running', podIP: '10.0.0.1' });
    expect(updated.spec).toEqual(created.spec);
    const again = await applier.apply<Pod>(pods, status, { subresource: 'status' });
    expect(again.metadata.resourceVersion).toBe(updated.metadata.resourceVersion);
    expect(podStore.get(namespace, 'status')?.status?.phase).toBe('Running');
  });

  it('does not apply a pod again for each status that others write, unless the server writes our values in another form', async () => {
    const quiet = pod('quiet', { resources: { requests: { cpu: '1' } } });
    const loud = pod('loud', { resources: { requests: { cpu: '1000m' } } });
    for (const intent of [quiet, loud]) await applier.apply(pods, intent);
    const requests = admin.patch.bind(admin);
    for (const name of ['quiet', 'loud']) {
      await requests(
        pods,
        { namespace, name },
        { status: { phase: 'Running' } },
        { contentType: 'application/merge-patch+json', subresource: 'status' },
      );
      await eventually('the status', () => podStore.get(namespace, name)?.status?.phase === 'Running');
    }
    const seen: string[] = [];
    const counting = Object.create(admin, {
      apply: { value: (...args: Parameters<typeof admin.apply>) => (seen.push(args[1].metadata.name), admin.apply(...args)) },
    }) as typeof admin;
    const counted = new Applier({ client: counting, fieldManager: 'sandfleet-test' }).use(pods, podStore);
    for (const intent of [quiet, loud]) {
      await counted.apply(pods, intent);
      seen.length = 0;
      await counted.apply(pods, intent);
      expect(seen).toEqual([]);
    }
  });

  it('is refused with 409 for a version that is no longer current', async () => {
    const { metadata } = await applier.apply(configMaps, configMap('conditional', { a: '1' }));
    await applier.apply(configMaps, configMap('conditional', { a: '2' }));
    const intent = configMap('conditional', { a: '3' });
    const stale = { ...intent, metadata: { ...intent.metadata, resourceVersion: metadata.resourceVersion ?? '' } };
    await expect(applier.apply(configMaps, stale)).rejects.toSatisfy(isConflict);
  });

  it('deletes its own object and no other of that name', async () => {
    const { metadata } = await applier.apply(configMaps, configMap('own', { a: '1' }));
    const own = { namespace, name: 'own', uid: metadata.uid ?? '' };
    await admin.delete(configMaps, own);
    const other = await admin.create(configMaps, configMap('own', { a: 'other' }));
    await applier.delete(configMaps, own);
    expect((await admin.get(configMaps, own)).metadata.uid).toBe(other.metadata.uid);
    await applier.delete(configMaps, { ...own, uid: other.metadata.uid ?? '' });
    await eventually('the deletion', () => store.get(namespace, 'own') === undefined);
    await applier.delete(configMaps, { ...own, uid: other.metadata.uid ?? '' });
  });

  it('keeps a pod in the store while its grace period runs', async () => {
    await applier.apply(pods, { ...pod('graceful'), spec: { ...(pod('graceful')['spec'] as object), nodeName: 'node' } });
    const { uid = '' } = podStore.get(namespace, 'graceful')?.metadata ?? {};
    await applier.delete(pods, { namespace, name: 'graceful', uid });
    expect(podStore.get(namespace, 'graceful')?.metadata.deletionTimestamp).toBeDefined();
    await applier.delete(pods, { namespace, name: 'graceful', uid }, { gracePeriodSeconds: 0 });
    await eventually('the end', () => podStore.getByUid(uid) === undefined);
  });
});
