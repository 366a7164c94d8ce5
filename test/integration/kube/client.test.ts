import {
  type ConfigMap,
  configMaps,
  connect,
  isAlreadyExists,
  isConflict,
  KubeError,
  namespaces,
  nodes,
  pods,
  type TokenReview,
  tokenReviews,
} from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedApiserver } from '../../support/shared-apiserver.ts';

const cluster = sharedApiserver();
const admin = cluster.admin();
let namespace: string;

beforeAll(async () => {
  namespace = await cluster.createNamespace('client');
});
afterAll(() => cluster.close());

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, labels: { test: 'client' } }, data };
}

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof KubeError)) throw new Error(`expected a KubeError, got ${String(error)}`);
  return error;
}

describe('KubeClient with a real API server', () => {
  it('reads and writes an object through its life', async () => {
    const created = await admin.create(configMaps, configMap('life', { a: '1' }));
    expect(isAlreadyExists(await failure(admin.create(configMaps, configMap('life'))))).toBe(true);
    const replaced = await admin.replace(configMaps, { ...created, data: { a: '2' } });
    const stale = await failure(admin.replace(configMaps, { ...created, data: { a: '3' } }));
    expect(isConflict(stale) && stale.reason).toBe('Conflict');
    const patched = await admin.patch(
      configMaps,
      replaced.metadata,
      { data: { b: '1' } },
      { contentType: 'application/merge-patch+json' },
    );
    expect(patched.data).toEqual({ a: '2', b: '1' });
    expect(await admin.get(configMaps, created.metadata)).toEqual(patched);
    // A ref with a resourceVersion deletes that version alone, and the object has changed since.
    expect(isConflict(await failure(admin.delete(configMaps, created.metadata)))).toBe(true);
    expect(await admin.delete(configMaps, patched.metadata)).toBeUndefined();
    expect(await failure(admin.get(configMaps, created.metadata))).toMatchObject({ status: 404, reason: 'NotFound' });
  });

  it('lists in pages that add up, each item with its kind', async () => {
    await Promise.all(Array.from({ length: 7 }, (_, i) => admin.create(configMaps, configMap(`page-${i}`))));
    const names: string[] = [];
    let continueToken: string | undefined;
    do {
      const page = await admin.list(configMaps, { namespace, labelSelector: 'test=client', limit: 3, continueToken });
      for (const { kind, metadata } of page.items) names.push(`${kind} ${metadata.name}`);
      continueToken = page.metadata.continue;
    } while (continueToken);
    expect(names).toEqual(Array.from({ length: 7 }, (_, i) => `ConfigMap page-${i}`));
    await admin.deleteCollection(configMaps, { namespace, labelSelector: 'test=client' });
    expect((await admin.list(configMaps, { namespace, labelSelector: 'test=client' })).items).toEqual([]);
  });

  it('says which fields the API server refuses', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: 'bad' },
      spec: { containers: [{ name: 'A B', image: 'x' }] },
    };
    const error = await failure(admin.create(pods, pod));
    expect(error).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(error.details?.causes?.map(({ field }) => field)).toContain('spec.containers[0].name');
  });

  it('is refused where its user may not go', async () => {
    const user = cluster.as({ name: 'nobody' });
    const error = await failure(user.list(pods, { namespace }));
    expect(error).toMatchObject({ status: 403, reason: 'Forbidden' });
    expect(error.message).toContain(`list pods in "${namespace}"`);
    const account = await cluster.asServiceAccount(namespace, 'builder');
    expect((await failure(account.list(nodes))).message).toContain(`system:serviceaccount:${namespace}:builder`);
  });

  it('is told when nobody knows its token', async () => {
    const stranger = cluster.as(
      { name: 'x' },
      {
        access: {
          current: () => Promise.resolve({ ...cluster.access, headers: { authorization: 'Bearer wrong' } }),
          invalidate: () => undefined,
        },
      },
    );
    expect(await failure(stranger.list(pods))).toMatchObject({ status: 401, reason: 'Unauthorized' });
  });

  it('asks the API server whose a token is', async () => {
    const token = await cluster.serviceAccountToken(namespace, 'builder');
    const review: TokenReview = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: { name: '' },
      spec: { token },
    };
    const { status } = await admin.create(tokenReviews, review);
    expect(status).toMatchObject({ authenticated: true, user: { username: `system:serviceaccount:${namespace}:builder` } });
  });

  it('deletes on condition of uid and version', async () => {
    const { metadata } = await admin.create(configMaps, configMap('guarded'));
    const { uid, resourceVersion } = metadata;
    await admin.patch(configMaps, metadata, { data: { a: '1' } }, { contentType: 'application/merge-patch+json' });
    const wrongUid = '11111111-1111-1111-1111-111111111111';
    expect(isConflict(await failure(admin.delete(configMaps, { namespace, name: 'guarded', uid: wrongUid })))).toBe(true);
    expect(isConflict(await failure(admin.delete(configMaps, { namespace, name: 'guarded', uid, resourceVersion })))).toBe(true);
    await admin.delete(configMaps, { namespace, name: 'guarded', uid });
  });

  it('connects by a kubeconfig', async () => {
    const client = connect({ kubeconfig: cluster.info.kubeconfig });
    expect((await client.get(namespaces, { name: namespace })).metadata.name).toBe(namespace);
    expect(JSON.parse(await client.text('/version'))).toMatchObject({ major: '1' });
    await client.close();
  });

  it('does not trust a server with another certificate', async () => {
    const access = { ...cluster.access, tls: {} };
    const client = cluster.as({ name: 'x' }, { access: { current: () => Promise.resolve(access), invalidate: () => undefined } });
    const error = await failure(client.list(pods));
    expect(error).toMatchObject({ status: 0, reason: 'ConnectionFailed' });
    expect(error.message).toMatch(/certificate/i);
  });

  it('connects anew when the trusted certificates change', async () => {
    let tls: { ca?: string } = {};
    const access = { current: () => Promise.resolve({ ...cluster.access, tls }), invalidate: () => undefined };
    const client = cluster.admin({ access });
    expect(await failure(client.get(namespaces, { name: namespace }))).toMatchObject({ reason: 'ConnectionFailed' });
    tls = { ca: cluster.info.ca };
    expect((await client.get(namespaces, { name: namespace })).metadata.name).toBe(namespace);
  });

  it('watches a selection, with a bookmark before the server ends the watch', async () => {
    const { resourceVersion } = (await admin.list(configMaps, { namespace })).metadata;
    const seen: string[] = [];
    const watching = (async () => {
      const options = {
        namespace,
        fieldSelector: 'metadata.name=watched',
        resourceVersion,
        allowBookmarks: true,
        timeoutSeconds: 5,
      };
      for await (const { type, object } of admin.watch(configMaps, options))
        seen.push(`${type} ${object.metadata.name ?? ''}`.trim());
    })();
    await admin.create(configMaps, configMap('watched'));
    await admin.create(configMaps, configMap('other'));
    await admin.delete(configMaps, { namespace, name: 'watched' });
    await watching;
    expect(seen.slice(0, 3)).toEqual(['ADDED watched', 'DELETED watched', 'BOOKMARK']);
    await admin.delete(configMaps, { namespace, name: 'other' });
  });

  it('takes a hundred calls at once over few connections', async () => {
    const narrow = cluster.admin({ connections: 4 });
    const names = Array.from({ length: 100 }, (_, i) => `many-${i}`);
    await Promise.all(names.map((name) => narrow.create(configMaps, configMap(name))));
    await eventually(
      'all of them',
      async () => (await narrow.list(configMaps, { namespace, labelSelector: 'test=client' })).items.length === 100,
    );
    await narrow.deleteCollection(configMaps, { namespace, labelSelector: 'test=client' });
  });
});
