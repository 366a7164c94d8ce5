import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from './client.ts';
import { fixedAccess } from './access.ts';
import { isConflict, isNotFound, KubeError } from './kube-error.ts';
import { createKubeMetrics } from './metrics.ts';
import { type ConfigMap, configMaps, pods } from './resources.ts';
import { eventually } from './testing/eventually.ts';
import { MemoryApiserver, sendStatus } from './testing/memory-apiserver.ts';

let server: MemoryApiserver;
let client: KubeClient;

beforeEach(async () => {
  server = await MemoryApiserver.start();
  client = server.client();
});
afterEach(async () => {
  await client.close();
  await server.close();
});

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name }, data };
}

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof KubeError)) throw new Error(`expected a KubeError, got ${String(error)}`);
  return error;
}

describe('KubeClient', () => {
  it('creates, reads, replaces, patches, applies and deletes', async () => {
    const created = await client.create(configMaps, configMap('x', { k: '1' }), { fieldManager: 'me' });
    expect(created.metadata.uid).toBeDefined();
    expect(await client.get(configMaps, { namespace: 'a', name: 'x' })).toEqual(created);
    const replaced = await client.replace(configMaps, { ...created, data: { k: '2' } });
    expect(replaced.data).toEqual({ k: '2' });
    const patch = { data: { l: '3' } };
    const patched = await client.patch(configMaps, replaced.metadata, patch, { contentType: 'application/merge-patch+json' });
    expect(patched.data).toEqual({ k: '2', l: '3' });
    const applied = await client.apply(configMaps, configMap('x', { k: '4' }), { fieldManager: 'me' });
    expect(applied.data).toEqual({ k: '4', l: '3' });
    expect(await client.delete(configMaps, applied.metadata)).toBeUndefined();
    expect(isNotFound(await failure(client.get(configMaps, applied.metadata)))).toBe(true);
  });

  it('sends what server-side apply asks for', async () => {
    await client.apply(configMaps, configMap('x'), { fieldManager: 'sandfleet', subresource: undefined, dryRun: true });
    const [request] = server.requests;
    expect(request?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(Object.fromEntries(request?.query ?? [])).toEqual({ fieldManager: 'sandfleet', force: 'true', dryRun: 'All' });
  });

  it('gives each item of a list its kind, which the server leaves out', async () => {
    server.put('configmaps', configMap('x'));
    const list = await client.list(configMaps, { namespace: 'a' });
    expect(list.items.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual(['v1 ConfigMap']);
  });

  it('gives the object that a finalizer holds when it is deleted', async () => {
    const held = configMap('x');
    server.put('configmaps', { ...held, metadata: { ...held.metadata, finalizers: ['sandfleet.dev/x'] } });
    const rest = await client.delete(configMaps, { namespace: 'a', name: 'x' });
    expect(rest?.metadata.deletionTimestamp).toBeDefined();
  });

  it('deletes on condition of the uid', async () => {
    server.put('configmaps', configMap('x'));
    const error = await failure(
      client.delete(configMaps, { namespace: 'a', name: 'x', uid: 'other' }, { gracePeriodSeconds: 0 }),
    );
    expect(isConflict(error)).toBe(true);
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ preconditions: { uid: 'other' }, gracePeriodSeconds: 0 });
  });

  it('says what was tried and what the server answered', async () => {
    const details = { causes: [{ field: 'spec.x', message: 'must be set', reason: 'FieldValueRequired' }] };
    server.intercept((_, response) => (sendStatus(response, 422, 'Invalid', 'spec.x: must be set', details), true));
    const error = await failure(client.create(configMaps, configMap('x')));
    expect(error).toMatchObject({ status: 422, reason: 'Invalid', details });
    expect(error.message).toBe('create ConfigMap "a/x": spec.x: must be set');
  });

  it('reads an error that a proxy gave in HTML', async () => {
    server.intercept((_, response) => (response.writeHead(502, {}).end('<h1>Bad gateway</h1>'), true));
    const error = await failure(client.get(pods, { namespace: 'a', name: 'x' }));
    expect(error).toMatchObject({ status: 502, reason: 'Unknown' });
    expect(error.message).toContain('Bad gateway');
  });

  it('says so when an answer is no JSON', async () => {
    server.intercept((_, response) => (response.end('hello'), true));
    expect(await failure(client.get(pods, { namespace: 'a', name: 'x' }))).toMatchObject({ reason: 'BadResponse' });
  });

  it('waits as Retry-After says and tries again, for a call that may be repeated', async () => {
    server.put('configmaps', configMap('x'));
    let refusals = 0;
    server.intercept((_, response) => {
      refusals += 1;
      if (refusals > 2) return false;
      response.setHeader('retry-after', '0');
      return (sendStatus(response, 429, 'TooManyRequests', 'slow down'), true);
    });
    expect((await client.get(configMaps, { namespace: 'a', name: 'x' })).metadata.name).toBe('x');
    expect(server.requests).toHaveLength(3);
  });

  it('gives up after some tries, and tells how long to wait', async () => {
    server.intercept(
      (_, response) => (response.setHeader('retry-after', '0'), sendStatus(response, 429, 'TooManyRequests', 'no'), true),
    );
    const error = await failure(client.get(configMaps, { namespace: 'a', name: 'x' }));
    expect(error).toMatchObject({ status: 429, retryAfterSeconds: 0 });
    expect(server.requests).toHaveLength(4);
  });

  it('leaves a long wait to the caller', async () => {
    server.intercept(
      (_, response) => (response.setHeader('retry-after', '60'), sendStatus(response, 429, 'TooManyRequests', 'no'), true),
    );
    expect(await failure(client.get(configMaps, { namespace: 'a', name: 'x' }))).toMatchObject({ retryAfterSeconds: 60 });
    expect(server.requests).toHaveLength(1);
  });

  it('does not repeat a create', async () => {
    server.intercept(
      (_, response) => (response.setHeader('retry-after', '0'), sendStatus(response, 429, 'TooManyRequests', 'no'), true),
    );
    await failure(client.create(configMaps, configMap('x')));
    expect(server.requests).toHaveLength(1);
  });

  it('asks again over a new connection when one breaks before the answer', async () => {
    server.put('configmaps', configMap('x'));
    let broken = 0;
    server.intercept((_, response) => {
      broken += 1;
      if (broken > 1) return false;
      response.destroy();
      return true;
    });
    expect((await client.get(configMaps, { namespace: 'a', name: 'x' })).metadata.name).toBe('x');
    broken = 0;
    expect(await failure(client.create(configMaps, configMap('y')))).toMatchObject({ status: 0, reason: 'ConnectionFailed' });
  });

  it('says so when no server is there', async () => {
    await server.close();
    const error = await failure(client.get(pods, { namespace: 'a', name: 'x' }));
    expect(error).toMatchObject({ status: 0, reason: 'ConnectionFailed' });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('gives up on an answer that does not come', async () => {
    server.intercept(() => true);
    const error = await failure(client.get(pods, { namespace: 'a', name: 'x' }, { timeoutSeconds: 0.1 }));
    expect(error).toMatchObject({ reason: 'ClientTimeout' });
  });

  it('gives up on an answer that stops in the middle', async () => {
    server.intercept((_, response) => (response.write('{"kind":'), true));
    const error = await failure(client.get(pods, { namespace: 'a', name: 'x' }, { timeoutSeconds: 0.1 }));
    expect(error).toMatchObject({ reason: 'ClientTimeout' });
  });

  it('rejects with the reason of the signal of the caller', async () => {
    server.intercept(() => true);
    const stop = new AbortController();
    const call = client.get(pods, { namespace: 'a', name: 'x' }, { signal: stop.signal });
    await eventually('the request', () => server.requests.length === 1);
    stop.abort(new Error('shutting down'));
    await expect(call).rejects.toThrow('shutting down');
    await expect(client.get(pods, { namespace: 'a', name: 'x' }, { signal: stop.signal })).rejects.toThrow('shutting down');
  });

  it('gives up in the wait before another try when the caller does', async () => {
    server.intercept(
      (_, response) => (response.setHeader('retry-after', '9'), sendStatus(response, 429, 'TooManyRequests', 'no'), true),
    );
    const stop = new AbortController();
    const call = client.get(pods, { namespace: 'a', name: 'x' }, { signal: stop.signal });
    await eventually('the request', () => server.requests.length === 1);
    stop.abort(new Error('shutting down'));
    await expect(call).rejects.toThrow('shutting down');
  });

  it('refuses an answer without end', async () => {
    server.intercept((_, response) => {
      const more = (): boolean => !response.destroyed && response.write(Buffer.alloc(1024 * 1024, 32));
      response.on('drain', () => void more());
      more();
      return true;
    });
    expect(await failure(client.list(pods))).toMatchObject({ reason: 'ResponseTooLarge' });
  });

  it('does not let watches take the connections of calls', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const narrow = server.client({ connections: 1 });
    const stop = new AbortController();
    const watches = Array.from({ length: 20 }, async () => {
      for await (const _ of narrow.watch(configMaps, {}, stop.signal)) continue;
    });
    const ends = watches.map((watch) => watch.catch((error: unknown) => error));
    await eventually('all watches', () => server.openWatches === 20);
    await narrow.create(configMaps, configMap('x'));
    stop.abort();
    await Promise.all(ends);
    await narrow.close();
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('keeps connections open between calls', async () => {
    server.put('configmaps', configMap('x'));
    const ports = new Set<number | undefined>();
    server.intercept((_, response) => (ports.add(response.socket?.remotePort), false));
    for (let i = 0; i < 50; i += 1) await client.get(configMaps, { namespace: 'a', name: 'x' });
    // The pool may open a second one before it knows that the first is free again.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('reads its credentials again after a 401, once', async () => {
    server.put('configmaps', configMap('x'));
    let token = 'old';
    let reads = 0;
    const access = {
      current: () => {
        reads += 1;
        return Promise.resolve({ server: server.url, headers: { authorization: `Bearer ${token}` } });
      },
      invalidate: () => {
        token = 'new';
      },
    };
    server.intercept(({ headers }, response) => {
      if (headers.authorization === 'Bearer new') return false;
      return (sendStatus(response, 401, 'Unauthorized', 'Unauthorized'), true);
    });
    const rotating = new KubeClient({ access, userAgent: 'test' });
    expect((await rotating.get(configMaps, { namespace: 'a', name: 'x' })).metadata.name).toBe('x');
    expect(reads).toBe(2);
    await rotating.close();
    server.intercept((_, response) => (sendStatus(response, 401, 'Unauthorized', 'Unauthorized'), true));
    expect(await failure(client.get(configMaps, { namespace: 'a', name: 'x' }))).toMatchObject({ status: 401 });
  });

  it('reaches a server that lives under a path', async () => {
    server.intercept(({ path }, response) => (response.end(JSON.stringify({ kind: 'ConfigMap', path })), true));
    const nested = new KubeClient({
      access: fixedAccess({ server: `${server.url}/k8s/clusters/c1/`, headers: {} }),
      userAgent: 'test',
    });
    expect(await nested.get(configMaps, { namespace: 'a', name: 'x' })).toMatchObject({
      path: '/k8s/clusters/c1/api/v1/namespaces/a/configmaps/x',
    });
    await nested.close();
  });

  it('counts calls by code and method', async () => {
    const metrics = createKubeMetrics(new Registry());
    const counting = server.client({ metrics });
    await counting.create(configMaps, configMap('x'));
    await failure(counting.get(pods, { namespace: 'a', name: 'none' }));
    const { values } = await metrics.requests.get();
    expect(values.map(({ labels, value }) => [labels.code, labels.method, value])).toEqual([
      ['201', 'POST', 1],
      ['404', 'GET', 1],
    ]);
    await counting.close();
  });
});

describe('KubeClient.watch()', () => {
  async function collect(options: Parameters<KubeClient['watch']>[1], signal?: AbortSignal): Promise<string[]> {
    const seen: string[] = [];
    for await (const { type, object } of client.watch(configMaps, options, signal)) seen.push(`${type} ${object.metadata.name}`);
    return seen;
  }

  it('ends when the server ends it', async () => {
    server.put('configmaps', configMap('x'));
    const watching = collect({ namespace: 'a' });
    await eventually('the watch', () => server.openWatches === 1);
    server.put('configmaps', configMap('y'));
    server.cutWatches('end');
    expect(await watching).toEqual(['ADDED x', 'ADDED y']);
  });

  it('throws when the connection breaks', async () => {
    const watching = collect({});
    await eventually('the watch', () => server.openWatches === 1);
    server.cutWatches('destroy');
    expect(await failure(watching)).toMatchObject({ reason: 'ConnectionFailed' });
  });

  it('throws when nothing comes for too long', async () => {
    expect(await failure(collect({ idleTimeoutSeconds: 0.1 }))).toMatchObject({ reason: 'ClientTimeout' });
    await eventually('the end of the connection', () => server.openWatches === 0);
  });

  it('throws when the answer does not even begin', async () => {
    server.intercept(() => true);
    expect(await failure(collect({ idleTimeoutSeconds: 0.1 }))).toMatchObject({ reason: 'ClientTimeout' });
  });

  it('throws 410 when the version is too old', async () => {
    server.put('configmaps', configMap('x'));
    server.put('configmaps', configMap('y'));
    server.compact();
    expect(await failure(collect({ resourceVersion: '2' }))).toMatchObject({ status: 410, reason: 'Expired' });
  });

  it('closes its connection when the consumer leaves the loop', async () => {
    server.put('configmaps', configMap('x'));
    for await (const { object } of client.watch(configMaps, {})) {
      expect(object.metadata.name).toBe('x');
      break;
    }
    await eventually('the end of the connection', () => server.openWatches === 0);
  });

  it('passes on its selection', async () => {
    const watching = collect({
      namespace: 'a',
      labelSelector: 'a=b',
      fieldSelector: 'metadata.name=x',
      allowBookmarks: true,
      timeoutSeconds: 7,
    });
    await eventually('the watch', () => server.openWatches === 1);
    server.cutWatches('end');
    await watching;
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      watch: 'true',
      labelSelector: 'a=b',
      fieldSelector: 'metadata.name=x',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '7',
    });
  });
});
