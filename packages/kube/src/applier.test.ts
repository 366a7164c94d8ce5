import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Applier } from './applier.ts';
import type { KubeClient } from './client.ts';
import { isConflict } from './kube-error.ts';
import { createKubeMetrics } from './metrics.ts';
import { type ConfigMap, configMaps } from './resources.ts';
import { Store } from './store.ts';
import { MemoryApiserver, sendStatus } from './testing/memory-apiserver.ts';

let server: MemoryApiserver;
let client: KubeClient;
let store: Store<ConfigMap>;
let applier: Applier;

beforeEach(async () => {
  server = await MemoryApiserver.start();
  client = server.client();
  store = new Store();
  applier = new Applier({ client, fieldManager: 'test' }).use(configMaps, store);
});
afterEach(async () => {
  await client.close();
  await server.close();
});

function configMap(name: string, data: Record<string, string> = { k: '1' }): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name }, data };
}

const writes = (): number => server.requests.filter(({ method }) => method !== 'GET').length;

describe('Applier.apply()', () => {
  it('creates, and lets the store know at once', async () => {
    const applied = await applier.apply(configMaps, configMap('x'));
    expect(store.get('a', 'x')?.metadata.uid).toBe(applied.metadata.uid);
    expect(store.get('a', 'x')?.metadata).not.toHaveProperty('managedFields');
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({ fieldManager: 'test', force: 'true' });
  });

  it('does nothing when it did the same before and the object has not changed', async () => {
    await applier.apply(configMaps, configMap('x'));
    const again = await applier.apply(configMaps, configMap('x'));
    expect(again).toBe(store.get('a', 'x'));
    expect(writes()).toBe(1);
  });

  it('applies another intent', async () => {
    await applier.apply(configMaps, configMap('x'));
    await applier.apply(configMaps, configMap('x', { k: '2' }));
    expect(store.get('a', 'x')?.data).toEqual({ k: '2' });
    expect(writes()).toBe(2);
  });

  it('does nothing when others changed what is not ours', async () => {
    const applied = await applier.apply(configMaps, configMap('x'));
    store.upsert(server.put('configmaps', { ...applied, data: { k: '1', theirs: 'y' } }));
    const again = await applier.apply<ConfigMap>(configMaps, configMap('x'));
    expect(again.data).toEqual({ k: '1', theirs: 'y' });
    expect(writes()).toBe(1);
  });

  it('sends it all the same when its caller has found a difference', async () => {
    const applied = await applier.apply(configMaps, configMap('x'));
    store.upsert(server.put('configmaps', { ...applied, data: { k: '1', theirs: 'y' } }));
    await applier.apply(configMaps, configMap('x'), { always: true });
    expect(writes()).toBe(2);
  });

  it('repairs what others changed of ours', async () => {
    const applied = await applier.apply(configMaps, configMap('x'));
    store.upsert(server.put('configmaps', { ...applied, data: { k: 'drift' } }));
    expect((await applier.apply<ConfigMap>(configMaps, configMap('x'))).data).toEqual({ k: '1' });
    expect(writes()).toBe(2);
  });

  it('applies again when the object was deleted, or made anew', async () => {
    const first = await applier.apply<ConfigMap>(configMaps, configMap('x'));
    server.drop('configmaps', first);
    store.remove(first.metadata);
    await applier.apply(configMaps, configMap('x'));
    expect(writes()).toBe(2);
    const second = store.get('a', 'x')!;
    server.drop('configmaps', second);
    store.upsert(server.put('configmaps', configMap('x')));
    await applier.apply(configMaps, configMap('x'));
    expect(writes()).toBe(3);
  });

  it('applies each time without a store, as it cannot know', async () => {
    const blind = new Applier({ client, fieldManager: 'test' });
    await blind.apply(configMaps, configMap('x'));
    await blind.apply(configMaps, configMap('x'));
    expect(writes()).toBe(2);
  });

  it('keeps status and object apart', async () => {
    await applier.apply(configMaps, configMap('x'));
    const status = { ...configMap('x'), status: { phase: 'Ready' } };
    await applier.apply(configMaps, status, { subresource: 'status' });
    await applier.apply(configMaps, status, { subresource: 'status' });
    await applier.apply(configMaps, configMap('x'));
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PATCH /api/v1/namespaces/a/configmaps/x',
      'PATCH /api/v1/namespaces/a/configmaps/x/status',
    ]);
    expect(JSON.parse(server.requests[1]?.body ?? '')).not.toHaveProperty('data');
  });

  it('sends a version that is a condition, and takes it into account', async () => {
    const { metadata } = await applier.apply(configMaps, configMap('x'));
    const intent = configMap('x');
    const stale = { ...intent, metadata: { ...intent.metadata, resourceVersion: '1' } };
    await expect(applier.apply(configMaps, stale)).rejects.toSatisfy(isConflict);
    await applier.apply(configMaps, configMap('x'));
    const current = { ...intent, metadata: { ...intent.metadata, resourceVersion: metadata.resourceVersion! } };
    expect((await applier.apply(configMaps, current)).metadata.uid).toBe(metadata.uid);
  });

  it('applies again after a failure, which may have been a success', async () => {
    await applier.apply(configMaps, configMap('x'));
    const fail = server.intercept((_, response) => (sendStatus(response, 500, 'InternalError', 'etcd is slow'), true));
    await expect(applier.apply(configMaps, configMap('x', { k: '2' }))).rejects.toThrow('etcd is slow');
    fail();
    const before = writes();
    await applier.apply(configMaps, configMap('x'));
    expect(writes()).toBe(before + 1);
  });

  it('remembers no more intents than it may', async () => {
    const small = new Applier({ client, fieldManager: 'test', cacheSize: 2 }).use(configMaps, store);
    for (const name of ['x', 'y', 'z', 'z', 'y']) await small.apply(configMaps, configMap(name));
    expect(writes()).toBe(3);
    await small.apply(configMaps, configMap('x'));
    expect(writes()).toBe(4);
  });

  it('counts what it sent and what it saved', async () => {
    const metrics = createKubeMetrics(new Registry());
    const counting = new Applier({ client, fieldManager: 'test', metrics }).use(configMaps, store);
    for (let i = 0; i < 3; i += 1) await counting.apply(configMaps, configMap('x'));
    const { values } = await metrics.applies.get();
    expect(values.map(({ labels, value }) => [labels.result, value])).toEqual([
      ['applied', 1],
      ['unchanged', 2],
    ]);
  });
});

describe('Applier.delete()', () => {
  async function existing(finalizers: string[] = []): Promise<{ namespace: string; name: string; uid: string }> {
    const object = configMap('x');
    const { metadata } = await applier.create(configMaps, { ...object, metadata: { ...object.metadata, finalizers } });
    return { namespace: 'a', name: 'x', uid: metadata.uid! };
  }

  it('takes the object out of the store when it is gone', async () => {
    await applier.delete(configMaps, await existing());
    expect(store.size).toBe(0);
  });

  it('keeps the object, as terminating, while a finalizer holds it', async () => {
    await applier.delete(configMaps, await existing(['sandfleet.dev/x']));
    expect(store.get('a', 'x')?.metadata.deletionTimestamp).toBeDefined();
  });

  it('is content with an object that is gone already', async () => {
    const ref = await existing();
    server.drop('configmaps', store.get('a', 'x')!);
    await applier.delete(configMaps, ref);
    expect(store.size).toBe(0);
  });

  it('leaves another object of that name alone, and knows that its own is gone', async () => {
    const ref = await existing();
    server.drop('configmaps', store.get('a', 'x')!);
    const other = server.put('configmaps', configMap('x', { k: 'other' }));
    await applier.delete(configMaps, ref);
    expect((await client.get(configMaps, ref)).metadata.uid).toBe(other.metadata.uid);
    expect(store.getByUid(ref.uid)).toBeUndefined();
  });

  it('is refused when the object has changed since', async () => {
    const ref = await existing();
    const { resourceVersion } = store.get('a', 'x')!.metadata;
    server.put('configmaps', configMap('x', { k: 'changed' }));
    await expect(applier.delete(configMaps, { ...ref, resourceVersion })).rejects.toSatisfy(isConflict);
    expect(store.size).toBe(1);
  });
});

describe('Applier.create() and patch()', () => {
  it('let the store know at once', async () => {
    const created = await applier.create(configMaps, configMap('x'));
    expect(store.get('a', 'x')?.metadata.uid).toBe(created.metadata.uid);
    await applier.patch(configMaps, created.metadata, { data: { k: '2' } }, { contentType: 'application/merge-patch+json' });
    expect(store.get('a', 'x')?.data).toEqual({ k: '2' });
  });
});
