import { eventually } from '@sandfleet/kube/testing';
import {
  defineResource,
  leases,
  networkPolicies,
  persistentVolumeClaims,
  pods,
  secrets,
  services,
  type KubeObject,
  type ResourceType,
} from '@sandfleet/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sharedApiserver } from '../support/shared-apiserver.ts';
import { Components, type Component } from './support/component.ts';
import { manifests, render } from './support/helm.ts';
import { kubectl } from './support/kubectl.ts';
import { containerOf, environment } from './support/manifest.ts';

const cluster = sharedApiserver();
const admin = cluster.admin();
type Role = 'operator' | 'standby' | 'api' | 'gateway';
const SANDBOX = { apiVersion: 'sandfleet.dev/v1alpha1', kind: 'Sandbox' } as const;
const sandboxes = defineResource<KubeObject>({
  group: 'sandfleet.dev',
  version: 'v1alpha1',
  plural: 'sandboxes',
  kind: 'Sandbox',
  namespaced: true,
});
const RBAC = new Set(['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);

/** How many requests the API server has refused for want of a right. */
async function refusals(): Promise<number> {
  const lines = (await admin.text('/metrics')).split('\n');
  return ['denied', 'no-opinion']
    .map((result) => lines.find((line) => line.startsWith(`authorization_attempts_total{result="${result}"}`)))
    .reduce((sum, line) => sum + Number(line?.split(' ').at(-1) ?? 0), 0);
}

async function fetchJson(url: string, key: string, init: { method?: string; body?: unknown } = {}) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = init.body === undefined ? null : JSON.stringify(init.body);
  const response = await fetch(url, { method: init.method ?? 'GET', headers, body });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

/** What a kubelet would say of the pod. */
async function pretendToRun(namespace: string, name: string): Promise<void> {
  const time = new Date().toISOString();
  const status = {
    phase: 'Running',
    podIP: '10.88.0.5',
    podIPs: [{ ip: '10.88.0.5' }],
    startTime: time,
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: time,
    })),
    containerStatuses: [
      {
        name: 'sandbox',
        ready: true,
        started: true,
        restartCount: 0,
        image: 'x',
        imageID: 'x',
        state: { running: { startedAt: time } },
      },
    ],
  };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, status };
  await admin.apply(pods, object, { fieldManager: 'kubelet', subresource: 'status' });
}

describe('the count of refusals', () => {
  it('grows with each', async () => {
    const before = await refusals();
    await expect(cluster.as({ name: 'nobody' }).list(secrets)).rejects.toMatchObject({ status: 403 });
    expect(await refusals()).toBe(before + 1);
  });
});

describe.for([{ scope: 'all namespaces' }, { scope: 'one namespace' }])('with the rights over $scope', ({ scope }) => {
  let own: string;
  let watched: string;
  let components: Components;
  let running: Readonly<Record<Role, Component>>;
  let refusedBefore: number;

  beforeAll(async () => {
    own = await cluster.createNamespace('own');
    watched = await cluster.createNamespace('watched');
    const values = { watchNamespace: scope === 'one namespace' ? watched : '' };
    const texts = (await render(values, { namespace: own })).filter(({ manifest }) => RBAC.has(manifest.kind));
    const applied = await kubectl(cluster.info.kubeconfig, ['apply', '-f', '-'], texts.map(({ text }) => text).join('\n---\n'));
    if (applied.code !== 0) throw new Error(applied.stderr);
    refusedBefore = await refusals();
    components = await Components.open(cluster, own);
    const objects = await manifests(values, { namespace: own });
    const start = (program: Exclude<Role, 'standby'>, name?: string) =>
      components.start(program, environment(containerOf(objects, program)), name);
    const [operator, api, gateway] = await Promise.all([start('operator'), start('api'), start('gateway')]);
    // It waits for the lease that the first one holds, which takes a right of its own.
    const standby = await start('operator', 'standby');
    running = { operator, api, gateway, standby };
    await Promise.all(Object.values(running).map(ready));
  });

  afterAll(async () => {
    await components.stop();
    const roles = ['delete', 'clusterroles,clusterrolebindings', '--selector=app.kubernetes.io/instance=sandfleet'];
    await kubectl(cluster.info.kubeconfig, roles);
    await kubectl(cluster.info.kubeconfig, ['delete', 'namespace', own, watched, '--wait=false']);
  });

  async function ready({ child, adminPort }: Component): Promise<void> {
    await eventually(`${child.name} is ready`, async () => {
      const ended = child.exited();
      if (ended !== undefined) throw new Error(`${child.name} ended (${ended}):\n${child.tail()}`);
      const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
      return answer?.status === 200;
    });
  }

  it('a key is made, a sandbox runs, a ticket is redeemed, and all goes, without one refusal', async () => {
    const key = await components.keys('create', '--name', 'test', '--namespace', watched);
    const url = `http://127.0.0.1:${running.api.port}/v1/sandboxes`;
    const created = await eventually('the key is known', async () => {
      const answer = await fetchJson(url, key, { method: 'POST', body: { name: 'first', workspace: { size: '1Gi' } } });
      return answer.status === 401 ? undefined : answer;
    });
    expect(created).toMatchObject({ status: 201, body: { id: 'first', namespace: watched } });
    await admin.create(sandboxes, { ...SANDBOX, metadata: { namespace: watched, name: 'second' }, spec: { service: true } });
    const exists = <T extends KubeObject>(type: ResourceType<T>, name: string) =>
      eventually(`a ${type.kind} ${name}`, () => admin.get(type, { namespace: watched, name }).catch(() => undefined));
    await Promise.all([exists(pods, 'first'), exists(pods, 'second'), exists(services, 'second')]);
    expect((await admin.list(persistentVolumeClaims, { namespace: watched })).items).toHaveLength(1);
    expect((await admin.list(networkPolicies, { namespace: watched })).items).toHaveLength(1);
    await pretendToRun(watched, 'first');
    await eventually('the api tells that it is ready', async () => (await fetchJson(`${url}/first`, key)).body['ready'] === true);

    const body = { surface: 'terminal' };
    const { status, body: ticket } = await fetchJson(`${url}/first/tickets`, key, { method: 'POST', body });
    expect(status).toBeLessThan(300);
    const { pathname, search } = new URL(String(ticket['url']));
    const redeemed = await eventually('the gateway knows the sandbox', async () => {
      const headers = { accept: 'text/html' };
      const answer = await fetch(`http://127.0.0.1:${running.gateway.port}${pathname}${search}`, { headers, redirect: 'manual' });
      return answer.status === 303 ? answer : undefined;
    });
    expect(redeemed.headers.get('set-cookie')).toContain('HttpOnly');
    const spent = await admin.list(leases, { namespace: own, labelSelector: 'sandfleet.dev/type=redeemed-ticket' });
    expect(spent.items).toHaveLength(1);

    expect((await fetchJson(`${url}/first`, key, { method: 'DELETE' })).status).toBe(204);
    await eventually('the sandbox is gone', async () => (await fetchJson(`${url}/first`, key)).status === 404);
    expect(await components.keys('list')).toContain('test');
    expect(await components.keys('revoke', 'test')).toBe('revoked test');
    expect(await refusals()).toBe(refusedBefore);
  });

  it('all of them end in good order', async () => {
    expect(await components.stop()).toEqual({
      operator: 'exit 0',
      standby: 'exit 0',
      api: 'exit 0',
      gateway: 'exit 0',
    });
    expect(await refusals()).toBe(refusedBefore);
  });
});

afterAll(() => cluster.close());
