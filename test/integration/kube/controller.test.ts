import {
  Applier,
  type ConfigMap,
  configMaps,
  controllerOf,
  controllerReference,
  isNotFound,
  keyOf,
  parseKey,
  Reflector,
  runController,
  Store,
  WorkQueue,
} from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KubeApiserver, startKubeApiserver } from '../../support/kube-apiserver.ts';

let cluster: KubeApiserver;
let namespace: string;

beforeAll(async () => {
  cluster = await startKubeApiserver();
  namespace = await cluster.createNamespace('controller');
});
afterAll(() => cluster?.stop());

const log = pino({ level: 'silent' });
const PARENTS = 60;

const parent = (i: number, value: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name: `parent-${i}`, labels: { role: 'parent' } },
  data: { value },
});

/** The smallest controller there is: each parent has one child with the same value, and a child without its parent goes. */
function startMirror() {
  const client = cluster.admin({ userAgent: 'mirror' });
  const ofOwner = { owner: (child: ConfigMap): readonly string[] => [controllerOf(child)?.uid ?? 'none'] };
  const parents = new Store<ConfigMap>();
  const children = new Store<ConfigMap>({ indexes: ofOwner });
  const queue = new WorkQueue({ name: 'mirror', maxDelaySeconds: 0.5 });
  const applier = new Applier({ client, fieldManager: 'mirror' }).use(configMaps, children);
  parents.subscribe(({ object }) => queue.add(keyOf(object.metadata)));
  children.subscribe(({ object }) => queue.add(keyOf({ namespace, name: object.metadata.name.replace('child', 'parent') })));
  let reconciles = 0;

  async function reconcile(key: string): Promise<void> {
    reconciles += 1;
    const { name } = parseKey(key);
    const owner = parents.get(namespace, name);
    const childName = name.replace('parent', 'child');
    const child = children.get(namespace, childName);
    if (child && child.metadata.uid && controllerOf(child)?.uid !== owner?.metadata.uid) {
      await applier.delete(configMaps, { namespace, name: childName, uid: child.metadata.uid });
    }
    if (!owner) return;
    const metadata = { namespace, name: childName, labels: { role: 'child' }, ownerReferences: [controllerReference(owner)] };
    await applier.apply(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: owner.data });
  }

  const stop = new AbortController();
  const watch = (store: Store<ConfigMap>, role: string): Reflector<ConfigMap> =>
    new Reflector({ client, type: configMaps, namespace, labelSelector: `role=${role}`, name: role, store, log });
  const reflectors = [watch(parents, 'parent'), watch(children, 'child')];
  const done = (async () => {
    const running = reflectors.map((each) => each.run(stop.signal));
    await Promise.all(reflectors.map((each) => each.synced(stop.signal)));
    await runController({ name: 'mirror', queue, concurrency: 8, reconcile, log, signal: stop.signal });
    await Promise.all(running);
  })();
  return { stop, done, queue, parents, children, reconciles: () => reconciles };
}

async function childrenInCluster(): Promise<readonly string[]> {
  const { items } = await cluster.admin().list(configMaps, { namespace, labelSelector: 'role=child' });
  return items.map(({ metadata, data }) => `${metadata.name}=${data?.['value']}`).sort();
}

const expected = (values: ReadonlyMap<number, string>): readonly string[] =>
  [...values].map(([i, value]) => `child-${i}=${value}`).sort();

describe('a controller on the kernel', () => {
  it('ends right whatever happens meanwhile: crashes of the API server, deleted children, remade parents', async () => {
    const admin = cluster.admin();
    const values = new Map<number, string>();
    const mirror = startMirror();
    const write = async (i: number, value: string): Promise<void> => {
      await admin.apply(configMaps, parent(i, value), { fieldManager: 'test' });
      values.set(i, value);
    };
    const numbers = Array.from({ length: PARENTS }, (_, i) => i);
    await Promise.all(numbers.map((i) => write(i, 'first')));
    await eventually('all children', () => mirror.children.size === PARENTS);

    await cluster.restart({ hard: true });
    await Promise.all(numbers.slice(0, 20).map((i) => write(i, 'second')));
    await Promise.all(numbers.slice(20, 30).map((i) => admin.delete(configMaps, { namespace, name: `child-${i}` })));
    for (const i of numbers.slice(30, 40)) {
      await admin.delete(configMaps, { namespace, name: `parent-${i}` });
      values.delete(i);
    }
    await Promise.all(numbers.slice(30, 35).map((i) => write(i, 'remade')));
    await cluster.restart();

    await eventually('the state as it should be', async () => (await childrenInCluster()).join() === expected(values).join());
    const owners = new Map(mirror.parents.list().map(({ metadata }) => [metadata.uid, metadata.name]));
    for (const child of mirror.children.list()) {
      expect(owners.get(controllerOf(child)?.uid)).toBe(child.metadata.name.replace('child', 'parent'));
    }
    mirror.stop.abort();
    await mirror.done;
  });

  it('comes to rest: with nothing to do it does nothing', async () => {
    const mirror = startMirror();
    await eventually('the first passes', () => mirror.reconciles() >= mirror.parents.size && mirror.queue.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const before = mirror.reconciles();
    const versions = mirror.children.list().map(({ metadata }) => metadata.resourceVersion);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(mirror.reconciles()).toBe(before);
    expect(mirror.children.list().map(({ metadata }) => metadata.resourceVersion)).toEqual(versions);
    mirror.stop.abort();
    await mirror.done;
    const child = await cluster
      .admin()
      .get(configMaps, { namespace, name: 'child-36' })
      .catch((error: unknown) => error);
    expect(isNotFound(child)).toBe(true);
  });
});
