import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from './client.ts';
import { createKubeMetrics } from './metrics.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import { type ConfigMap, configMaps } from './resources.ts';
import { Store } from './store.ts';
import { eventually } from './testing/eventually.ts';
import { MemoryApiserver, sendStatus } from './testing/memory-apiserver.ts';

let server: MemoryApiserver;
let client: KubeClient;
let running: { stop: AbortController; done: Promise<void> }[] = [];

beforeEach(async () => {
  // Versions gain a digit within the tests: 98, 99, 100.
  server = await MemoryApiserver.start(97);
  client = server.client();
});
afterEach(async () => {
  for (const { stop } of running) stop.abort();
  await Promise.all(running.map(({ done }) => done));
  running = [];
  await client.close();
  await server.close();
});

function configMap(name: string, value = '1', labels: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name, labels }, data: { value } };
}

const quick = { idleSeconds: 60, healthySeconds: 0, backoffMs: [1, 20] as const };

function reflect(options: Partial<ReflectorOptions<ConfigMap>> = {}) {
  const store = options.store ?? new Store<ConfigMap>();
  const seen: string[] = [];
  store.subscribe(({ type, object }) => seen.push(`${type} ${object.metadata.name}=${object.data?.['value']}`));
  const metrics = createKubeMetrics(new Registry());
  const log = pino({ level: 'silent' });
  const reflector = new Reflector({ client, type: configMaps, store, log, metrics, timing: quick, ...options });
  const stop = new AbortController();
  const done = reflector.run(stop.signal);
  running.push({ stop, done });
  const lists = (): number => server.requests.filter(({ query }) => !query.has('watch') && !query.has('continue')).length;
  const watchesFrom = (): (string | null)[] =>
    server.requests.filter(({ query }) => query.has('watch')).map(({ query }) => query.get('resourceVersion'));
  return { reflector, store, seen, stop, done, metrics, lists, watchesFrom };
}

const values = (store: Store<ConfigMap>): string[] =>
  store
    .list()
    .map(({ metadata, data }) => `${metadata.name}=${data?.['value']}`)
    .sort();

async function watching(): Promise<void> {
  await eventually('an open watch', () => server.openWatches === 1);
}

describe('Reflector', () => {
  it('lists, says that it has, then follows', async () => {
    server.put('configmaps', configMap('x'));
    const { reflector, store, seen } = reflect();
    expect(reflector.hasSynced).toBe(false);
    await reflector.synced();
    expect(reflector.hasSynced).toBe(true);
    expect(values(store)).toEqual(['x=1']);
    const y = server.put('configmaps', configMap('y'));
    server.put('configmaps', configMap('x', '2'));
    server.drop('configmaps', y);
    await eventually('all events', () => seen.length === 4);
    expect(seen).toEqual(['added x=1', 'added y=1', 'updated x=2', 'deleted y=1']);
    expect(store.get('a', 'x')?.metadata).not.toHaveProperty('managedFields');
  });

  it('lists in pages, and follows from the version of the first', async () => {
    for (let i = 0; i < 12; i += 1) server.put('configmaps', configMap(`x${i}`));
    let changed = false;
    server.intercept(({ query }) => {
      if (query.has('continue') && !changed) {
        changed = true;
        server.put('configmaps', configMap('x0', 'changed between the pages'));
      }
      return false;
    });
    const { reflector, store, watchesFrom } = reflect({ timing: { ...quick, pageSize: 5 } });
    await reflector.synced();
    expect(store.size).toBe(12);
    await eventually('the change', () => store.get('a', 'x0')?.data?.['value'] === 'changed between the pages');
    expect(server.requests.slice(0, 3).map(({ query }) => query.get('limit'))).toEqual(['5', '5', '5']);
    expect(watchesFrom()).toEqual(['109']);
  });

  it('starts the list over when its continue token ends, at last in one piece', async () => {
    for (let i = 0; i < 12; i += 1) server.put('configmaps', configMap(`x${i}`));
    server.intercept(({ query }, response) => query.has('continue') && (sendStatus(response, 410, 'Expired', 'too old'), true));
    const { reflector, store } = reflect({ timing: { ...quick, pageSize: 5 } });
    await reflector.synced();
    expect(store.size).toBe(12);
    expect(server.requests.filter(({ query }) => !query.has('watch')).map(({ query }) => query.get('limit'))).toEqual([
      '5',
      '5',
      '5',
      '5',
      null,
    ]);
  });

  it('keeps nothing that was deleted before the list that counts began', async () => {
    for (let i = 0; i < 12; i += 1) server.put('configmaps', configMap(`x${i}`));
    let isExpired = false;
    server.intercept(({ query }, response) => {
      if (!query.has('continue') || isExpired) return false;
      isExpired = true;
      server.drop('configmaps', configMap('x0'));
      sendStatus(response, 410, 'Expired', 'too old');
      return true;
    });
    const { reflector, store, seen } = reflect({ timing: { ...quick, pageSize: 5 } });
    await reflector.synced();
    expect(store.size).toBe(11);
    expect(seen.at(-1)).toBe('deleted x0=1');
  });

  it.for(['end', 'destroy'] as const)('goes on from the last version when the watch is cut by %s', async (how) => {
    const { store, reflector, lists, watchesFrom } = reflect();
    await reflector.synced();
    await watching();
    server.put('configmaps', configMap('x'));
    await eventually('x', () => store.size === 1);
    server.cutWatches(how);
    server.put('configmaps', configMap('y'));
    await eventually('y', () => store.size === 2);
    expect(lists()).toBe(1);
    expect(watchesFrom().slice(0, 2)).toEqual(['97', '98']);
  });

  it('goes on from a bookmark when nothing else came', async () => {
    const { reflector, watchesFrom, lists } = reflect();
    await reflector.synced();
    await watching();
    server.advance(500);
    server.sendBookmarks();
    server.compact();
    server.cutWatches('end');
    await eventually('the next watch', () => watchesFrom().length === 2);
    expect(watchesFrom()).toEqual(['97', '597']);
    expect(lists()).toBe(1);
  });

  it('lists again after 410, and tells what was deleted in the gap, once', async () => {
    const x = server.put('configmaps', configMap('x'));
    server.put('configmaps', configMap('y'));
    const { reflector, store, seen, lists } = reflect();
    await reflector.synced();
    await watching();
    // The gap: events that no watch is there to see.
    const resume = server.intercept(({ query }, response) => query.has('watch') && (response.destroy(), true));
    server.cutWatches('destroy');
    server.drop('configmaps', x);
    server.put('configmaps', configMap('y', '2'));
    server.put('configmaps', configMap('z'));
    server.compact();
    resume();
    await eventually('z', () => store.get('a', 'z'));
    await watching();
    expect(seen).toEqual(['added x=1', 'added y=1', 'updated y=2', 'added z=1', 'deleted x=1']);
    expect(lists()).toBe(2);
  });

  it('lists again when an open watch says 410', async () => {
    const { reflector, lists } = reflect();
    await reflector.synced();
    await watching();
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    server.sendRaw(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
    await eventually('the list', () => lists() === 2);
    await watching();
  });

  it('gives up on a watch that is silent for too long', async () => {
    const { reflector, store, watchesFrom } = reflect({ timing: { ...quick, idleSeconds: 0.1 } });
    await reflector.synced();
    await eventually('several watches', () => watchesFrom().length > 3);
    server.put('configmaps', configMap('x'));
    await eventually('x', () => store.size === 1);
  });

  it('comes back by itself when the server was away', async () => {
    const { reflector, store } = reflect();
    await reflector.synced();
    const { port } = server;
    await server.close();
    server = new MemoryApiserver(200);
    server.put('configmaps', configMap('x'));
    await server.listen(port);
    await eventually('x', () => store.size === 1);
  });

  it('waits for a server that is not there yet', async () => {
    const { port } = server;
    await server.close();
    const { reflector } = reflect();
    await sleep(50);
    server = new MemoryApiserver();
    await server.listen(port);
    await reflector.synced();
  });

  it('takes events that come twice, and events cut anywhere', async () => {
    const { reflector, store, seen } = reflect();
    await reflector.synced();
    await watching();
    const metadata = { namespace: 'a', name: 'zwölf', uid: 'u', resourceVersion: '99' };
    const line = Buffer.from(
      `${JSON.stringify({ type: 'ADDED', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value: '🌍' } } })}\n`,
    );
    for (const byte of Buffer.concat([line, line])) server.sendRaw(Buffer.of(byte));
    server.put('configmaps', configMap('after'));
    server.put('configmaps', configMap('after', '2'));
    server.put('configmaps', configMap('after', '3'));
    await eventually('the last', () => seen.includes('updated after=3'));
    expect(seen.filter((each) => each.includes('zwölf'))).toEqual(['added zwölf=🌍']);
    expect(store.size).toBe(2);
  });

  it('watches again, and loses nothing, after a line that is no event', async () => {
    const { reflector, store, lists, watchesFrom } = reflect();
    await reflector.synced();
    await watching();
    server.sendRaw('<html>\n');
    await eventually('the next watch', () => watchesFrom().length === 2);
    server.put('configmaps', configMap('x'));
    await eventually('x', () => store.size === 1);
    expect(lists()).toBe(1);
  });

  it('keeps a newer object of our own against an older event, and does not bring back what we deleted', async () => {
    const { reflector, store, seen } = reflect();
    await reflector.synced();
    const hold = server.intercept(({ query }, response) => query.has('watch') && (response.destroy(), true));
    server.cutWatches('destroy');
    const first = await client.create(configMaps, configMap('x', '1'));
    const second = await client.replace(configMaps, { ...first, data: { value: '2' } });
    store.upsert(second);
    const gone = await client.create(configMaps, configMap('gone'));
    store.upsert(gone);
    await client.delete(configMaps, gone.metadata);
    const { namespace, name, uid } = gone.metadata;
    store.remove({ namespace, name, uid });
    hold();
    await client.create(configMaps, configMap('last'));
    await watching();
    await eventually('the last', () => store.get('a', 'last'));
    expect(values(store)).toEqual(['last=1', 'x=2']);
    expect(seen).toEqual(['added x=2', 'added gone=1', 'deleted gone=1', 'added last=1']);
  });

  it('does not hammer a server that ends each watch straight away', async () => {
    const timing = { ...quick, healthySeconds: 5, backoffMs: [50, 400] as const };
    server.intercept(({ query }, response) => query.has('watch') && (response.end(), true));
    const started = performance.now();
    const { reflector, watchesFrom } = reflect({ timing });
    await reflector.synced();
    await eventually('the fifth watch', () => watchesFrom().length >= 5);
    // At least half of 50 + 100 + 200 + 400 ms.
    expect(performance.now() - started).toBeGreaterThan(350);
  });

  it('does not list without pause when each watch says 410', async () => {
    const timing = { ...quick, healthySeconds: 5, backoffMs: [50, 400] as const };
    server.intercept(({ query }, response) => query.has('watch') && (sendStatus(response, 410, 'Expired', 'too old'), true));
    const started = performance.now();
    const { reflector, lists } = reflect({ timing });
    await reflector.synced();
    await eventually('the fifth list', () => lists() >= 5);
    expect(performance.now() - started).toBeGreaterThan(350);
  });

  it('waits as long as the server asks for', async () => {
    let refused = 0;
    server.intercept((_, response) => {
      refused += 1;
      if (refused > 4) return false;
      response.setHeader('retry-after', '0.05');
      return (sendStatus(response, 429, 'TooManyRequests', 'no'), true);
    });
    const { reflector } = reflect();
    await reflector.synced();
    expect(refused).toBeGreaterThan(4);
  });

  it('passes selections to the list and to the watch', async () => {
    server.put('configmaps', configMap('x', '1', { app: 'a' }));
    server.put('configmaps', configMap('y', '1', { app: 'b' }));
    const { reflector, store } = reflect({ namespace: 'a', labelSelector: 'app=a' });
    await reflector.synced();
    await watching();
    server.put('configmaps', configMap('z', '1', { app: 'b' }));
    server.put('configmaps', configMap('w', '1', { app: 'a' }));
    await eventually('w', () => store.get('a', 'w'));
    expect(values(store)).toEqual(['w=1', 'x=1']);
    expect(server.requests.every(({ path }) => path === '/api/v1/namespaces/a/configmaps')).toBe(true);
  });

  it('keeps what the transform keeps', async () => {
    server.put('configmaps', configMap('x', 'big'));
    const { reflector, store } = reflect({ transform: ({ data: _dropped, ...rest }) => rest });
    await reflector.synced();
    expect(store.get('a', 'x')).not.toHaveProperty('data');
  });

  it('asks the server to end each watch after a time of its own choice', async () => {
    const { reflector } = reflect({ timing: { ...quick, watchSeconds: [300, 600] } });
    await reflector.synced();
    await watching();
    const watch = server.requests.find(({ query }) => query.has('watch'))?.query;
    expect(Number(watch?.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
    expect(Number(watch?.get('timeoutSeconds'))).toBeLessThanOrEqual(600);
    expect(watch?.get('allowWatchBookmarks')).toBe('true');
  });

  it('stops in the middle of anything', async () => {
    server.intercept(() => true);
    const { reflector, stop, done } = reflect();
    await eventually('the list', () => server.requests.length === 1);
    const waiting = reflector.synced(stop.signal);
    stop.abort(new Error('stopped'));
    await done;
    await expect(waiting).rejects.toThrow('stopped');
    await expect(reflector.synced(stop.signal)).rejects.toThrow('stopped');
  });

  it('counts lists, watches, their ends, events and objects', async () => {
    const { reflector, metrics, seen } = reflect();
    await reflector.synced();
    await watching();
    server.put('configmaps', configMap('x'));
    await eventually('x', () => seen.length === 1);
    server.cutWatches('end');
    await watching();
    const value = async (metric: { get(): Promise<{ values: { value: number; labels: object }[] }> }, labels: object) =>
      (await metric.get()).values.find((each) => JSON.stringify(each.labels) === JSON.stringify(labels))?.value;
    expect(await value(metrics.lists, { name: 'ConfigMap' })).toBe(1);
    await eventually('the second watch', async () => (await value(metrics.watches, { name: 'ConfigMap' })) === 2);
    expect(await value(metrics.watchEnds, { name: 'ConfigMap', cause: 'end' })).toBe(1);
    expect(await value(metrics.watchEnds, { name: 'ConfigMap', cause: 'gone' })).toBe(0);
    expect(await value(metrics.watchEvents, { name: 'ConfigMap', type: 'ADDED' })).toBe(1);
    expect(await value(metrics.objects, { name: 'ConfigMap' })).toBe(1);
    expect(await value(metrics.synced, { name: 'ConfigMap' })).toBe(1);
  });
});
