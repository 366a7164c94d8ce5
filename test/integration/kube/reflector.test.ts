import {
  type ConfigMap,
  configMaps,
  createKubeMetrics,
  fixedAccess,
  type KubeClient,
  Reflector,
  type ReflectorOptions,
  Store,
} from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KubeApiserver, startKubeApiserver } from '../../support/kube-apiserver.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

let cluster: KubeApiserver;
let proxy: TcpProxy;
let admin: KubeClient;

// A server of its own, as these tests stop it; and a line to it that they cut.
beforeAll(async () => {
  cluster = await startKubeApiserver();
  proxy = await TcpProxy.start(Number(new URL(cluster.info.server).port));
  admin = cluster.admin();
});
afterAll(async () => {
  await proxy?.close();
  await cluster?.stop();
});

const log = pino({ level: 'silent' });

function configMap(namespace: string, name: string, value: string): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, labels: { app: 'reflector' } }, data: { value } };
}

/** Follows the ConfigMaps of a new namespace through the proxy. */
async function follow(options: Partial<ReflectorOptions<ConfigMap>> = {}) {
  const namespace = await cluster.createNamespace('reflector');
  const store = new Store<ConfigMap>();
  const seen: string[] = [];
  store.subscribe(({ type, object }) => seen.push(`${type} ${object.metadata.name}=${object.data?.['value']}`));
  const metrics = createKubeMetrics(new Registry());
  const client = cluster.admin({ access: fixedAccess({ ...cluster.access, server: `https://127.0.0.1:${proxy.port}` }) });
  const selection = { namespace, labelSelector: 'app=reflector' };
  const reflector = new Reflector({ client, type: configMaps, store, log, metrics, ...selection, ...options });
  const stop = new AbortController();
  const done = reflector.run(stop.signal);
  await reflector.synced();
  const lists = async (): Promise<number | undefined> => (await metrics.lists.get()).values[0]?.value;
  const write = (name: string, value: string) =>
    admin.apply(configMaps, configMap(namespace, name, value), { fieldManager: 'test' });
  const remove = (name: string) => admin.delete(configMaps, { namespace, name });
  const end = async (): Promise<void> => {
    stop.abort();
    await done;
    await client.close();
  };
  return { namespace, store, seen, lists, write, remove, end, reflector };
}

const values = (store: Store<ConfigMap>): string[] =>
  store
    .list()
    .map(({ metadata, data }) => `${metadata.name}=${data?.['value']}`)
    .sort();

describe('Reflector with a real API server', () => {
  it('follows creates, updates and deletes', async () => {
    const { seen, write, remove, end, store } = await follow();
    await write('x', '1');
    await write('x', '2');
    await remove('x');
    await eventually('the deletion', () => seen.length === 3);
    expect(seen).toEqual(['added x=1', 'updated x=2', 'deleted x=2']);
    expect(store.size).toBe(0);
    await end();
  });

  it('reads a long list in pages', async () => {
    const { namespace, write, end } = await follow();
    const names = Array.from({ length: 230 }, (_, i) => `x${i}`);
    await Promise.all(names.map((name) => write(name, '1')));
    const store = new Store<ConfigMap>();
    const reflector = new Reflector({
      client: admin,
      type: configMaps,
      namespace,
      labelSelector: 'app=reflector',
      store,
      log,
      timing: { pageSize: 50 },
    });
    const stop = new AbortController();
    const done = reflector.run(stop.signal);
    await reflector.synced();
    expect(store.size).toBe(230);
    expect(store.list().every(({ kind, metadata }) => kind === 'ConfigMap' && metadata.managedFields === undefined)).toBe(true);
    stop.abort();
    await done;
    await end();
  });

  it('goes on where it was when the connection breaks, without a new list', async () => {
    const { seen, lists, write, end } = await follow();
    await write('x', '1');
    await eventually('x', () => seen.length === 1);
    proxy.cut();
    await write('x', '2');
    await write('y', '1');
    proxy.restore();
    await eventually('y', () => seen.length === 3);
    expect(seen).toEqual(['added x=1', 'updated x=2', 'added y=1']);
    expect(await lists()).toBe(1);
    await end();
  });

  it('notices a connection that is dead without a word', async () => {
    const { seen, write, end } = await follow({ timing: { idleSeconds: 2, healthySeconds: 0 } });
    await write('x', '1');
    await eventually('x', () => seen.length === 1);
    proxy.freeze();
    await write('y', '1');
    const frozen = eventually('y', () => seen.length === 2);
    // The first connection dies by the idle time; a new one gets through once the line is open.
    setTimeout(() => proxy.restore(), 3000);
    await frozen;
    expect(seen).toEqual(['added x=1', 'added y=1']);
    await end();
  });

  it.for([
    { how: 'in order', hard: false },
    { how: 'by a crash', hard: true },
  ])('sees all that changed while it was cut off and the API server restarted $how', async ({ hard }) => {
    const { seen, store, lists, write, remove, end } = await follow();
    await Promise.all(['kept', 'changed', 'deleted', 'remade'].map((name) => write(name, '1')));
    await eventually('all', () => store.size === 4);
    const before = store.get(store.list()[0]?.metadata.namespace, 'remade')?.metadata.uid;
    seen.length = 0;
    proxy.cut();
    await write('changed', '2');
    await remove('deleted');
    await remove('remade');
    await write('remade', '2');
    await write('new', '1');
    // The restarted server's watch cache starts now: to resume is answered with 410.
    await cluster.restart({ hard });
    proxy.restore();
    await eventually('the list', () => values(store).join() === 'changed=2,kept=1,new=1,remade=2');
    expect(await lists()).toBe(2);
    expect([...seen].sort()).toEqual([
      'added new=1',
      'added remade=2',
      'deleted deleted=1',
      'deleted remade=1',
      'updated changed=2',
    ]);
    expect(store.list().find(({ metadata }) => metadata.name === 'remade')?.metadata.uid).not.toBe(before);
    await write('after', '1');
    await eventually('life goes on', () => seen.includes('added after=1'));
    await end();
  });

  it('keeps what it knows while the API server is away', async () => {
    const { store, write, end, reflector } = await follow();
    await write('x', '1');
    await eventually('x', () => store.size === 1);
    await cluster.restart({ hard: true, meanwhile: () => expect(store.size).toBe(1) });
    expect(reflector.hasSynced).toBe(true);
    await write('y', '1');
    await eventually('y', () => store.size === 2);
    await end();
  });
});
