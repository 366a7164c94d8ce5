import type { SandboxView } from '@sandfleet/contract/control-plane';
import { secrets } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { secretNameOf } from '../../../api/src/keys/key-secret.ts';
import { startKubeApiserver, type KubeApiserver } from '../../support/kube-apiserver.ts';
import { makeKey, startApi, type Problem, type RunningApi } from './support/api.ts';
import { installRelease, type Release } from './support/release.ts';

describe('without the Kubernetes API', () => {
  let server: KubeApiserver;
  let release: Release;
  let api: RunningApi;
  let key: string;
  let revoked: string;
  let id: string;
  beforeAll(async () => {
    server = await startKubeApiserver();
    await server.applyCrds();
    release = await installRelease({}, server);
    api = await startApi(release);
    const namespace = await server.createNamespace('tenant');
    key = await makeKey(release, api, { name: 'stays', namespace });
    revoked = await makeKey(release, api, { name: 'goes', namespace });
    id = (await api.call<SandboxView>('POST', '/v1/sandboxes', { key })).body.id;
  });
  afterAll(async () => {
    await api.stop();
    await release.remove();
    await server.stop();
  });

  it('goes on reading and issuing from memory, refuses writes with Retry-After, and catches up with what it missed', async () => {
    const meanwhile = async (): Promise<void> => {
      expect((await api.call('GET', `/v1/sandboxes/${id}`, { key })).status).toBe(200);
      expect((await api.call('GET', '/v1/sandboxes', { key })).status).toBe(200);
      expect((await api.call('POST', `/v1/sandboxes/${id}/tokens`, { key })).status).toBe(201);
      expect((await api.call('GET', '/v1/sandboxes', { key: 'nonsense' })).status).toBe(401);
      for (const [method, path] of [
        ['POST', '/v1/sandboxes'],
        ['DELETE', `/v1/sandboxes/${id}`],
        ['GET', '/v1/sandboxes/never-made'],
      ] as const) {
        const { status, headers, body } = await api.call<Problem>(method, path, { key });
        expect([method, status, body.code]).toEqual([method, 503, 'KUBERNETES_UNAVAILABLE']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        expect(JSON.stringify(body)).not.toContain('127.0.0.1');
      }
    };
    await server.restart({ hard: true, meanwhile });
    await release.admin.delete(secrets, { namespace: release.namespace, name: secretNameOf('goes') });
    await eventually(
      'the revoked key is refused',
      async () => (await api.call('GET', '/v1/sandboxes', { key: revoked })).status === 401,
    );
    await eventually('writes are taken again', async () => (await api.call('POST', '/v1/sandboxes', { key })).status === 201);
  });
});
