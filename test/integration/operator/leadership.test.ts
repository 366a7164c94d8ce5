import { fixedAccess, leases, pods, type KubeClient } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { freePorts } from '../../support/child-process.ts';
import type { KubeAccess } from '../../support/kube-access.ts';
import { sharedApiserver } from '../../support/shared-apiserver.ts';
import { Auditor } from './support/auditor.ts';
import { HeldCreates } from './support/held-creates.ts';
import { grant, startOperator, SYSTEM, type RunningOperator } from './support/operator.ts';
import { ensureNamespace } from './support/suite.ts';
import { conditionOf, publishKeys, World } from './support/world.ts';

let access: KubeAccess;
let admin: KubeClient;
const worlds: World[] = [];
const running: RunningOperator[] = [];

const operator = (user: string, environment: Readonly<Record<string, string>> = {}): RunningOperator => {
  const started = startOperator(access, user, environment);
  running.push(started);
  return started;
};

beforeAll(async () => {
  access = sharedApiserver();
  admin = access.admin();
  await ensureNamespace(admin, SYSTEM);
  await publishKeys(admin, SYSTEM);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});
afterAll(async () => {
  await Promise.all(worlds.map((world) => world.clear()));
  await access.close();
});

function worldIn(namespace: string): World {
  const world = new World(admin, namespace);
  worlds.push(world);
  return world;
}

const holder = async (namespace: string): Promise<string | undefined> =>
  (await admin.get(leases, { namespace, name: 'sandfleet-operator' })).spec?.holderIdentity;

describe('two operators', () => {
  it('take turns: the second begins when the first stops, and no pod is made twice', async () => {
    await grant(admin, 'first', { system: SYSTEM });
    await grant(admin, 'second', { system: SYSTEM });
    const world = worldIn(await access.createNamespace('turns'));
    const auditor = await Auditor.start(admin);
    const first = operator('first');
    await world.create('one');
    const pod = await world.pod('one');
    const firstHolder = await holder(SYSTEM);
    operator('second');
    await world.create('two');
    await world.pod('two');
    expect(await holder(SYSTEM)).toBe(firstHolder);
    const started = performance.now();
    await first.stop();
    await eventually('the second leads', async () => {
      const now = await holder(SYSTEM);
      return now !== undefined && now !== '' && now !== firstHolder;
    });
    // The lease was given back: nobody waits for the 15 seconds after which it would have run out.
    expect(performance.now() - started).toBeLessThan(14_000);
    await world.create('three');
    await world.pod('three');
    await world.until('three', 'Ready', 'PodPending');
    expect((await world.pod('one')).metadata.uid).toBe(pod.metadata.uid);
    await auditor.stop();
    expect(auditor.podsMade(world.namespace)).toBe(3);
    expect(auditor.violations()).toEqual([]);
  });
});

describe('an operator whose lease another took', () => {
  it('writes nothing from then on, not even what was on its way', async () => {
    const system = await access.createNamespace('lost-system');
    const watched = await access.createNamespace('lost');
    const client = new HeldCreates({ access: fixedAccess(access.access), userAgent: 'sandfleet-test' }, 'PersistentVolumeClaim');
    const environment = { SANDFLEET_NAMESPACE: system, SANDFLEET_WATCH_NAMESPACE: watched };
    await publishKeys(admin, system);
    const loser = startOperator(access, 'loser', environment, { client });
    const world = worldIn(watched);
    await world.create('demo', { workspace: {}, service: true });
    await eventually('a write is on its way', () => client.ends.length > 0);
    const place = { namespace: system, name: 'sandfleet-operator' };
    await eventually('the lease is taken', async () => {
      const lease = await admin.get(leases, place);
      const spec = { ...lease.spec, holderIdentity: 'thief' };
      return admin.replace(leases, { ...lease, spec }).catch(() => undefined);
    });
    await expect(loser.ended).rejects.toThrow('lost the lease');
    client.release();
    expect(new Set(await Promise.all(client.ends))).toEqual(new Set(['failed']));
    expect(await world.pods()).toEqual([]);
  });
});

describe('an operator for one namespace', () => {
  it('needs no right beyond it, waits for the public keys, and leaves the other namespaces alone', async () => {
    const system = await access.createNamespace('tenant-system');
    const watched = await access.createNamespace('tenant');
    await grant(admin, 'tenant', { system, watched });
    const port = (await freePorts(1))[0];
    operator('tenant', {
      SANDFLEET_NAMESPACE: system,
      SANDFLEET_WATCH_NAMESPACE: watched,
      SANDFLEET_DENY_CIDRS: '203.0.113.0/24',
      ADMIN_PORT: String(port),
    });
    const world = worldIn(watched);
    await world.create('demo');
    const waiting = await world.until('demo', 'Ready', 'WaitingForPublicKeys');
    expect(conditionOf(waiting, 'Ready')?.message).toMatch(/^Waiting for public keys/);
    expect(await world.pods()).toEqual([]);
    await publishKeys(admin, system, 'key-7');
    const pod = await world.pod('demo');
    expect(pod.metadata.annotations?.['sandfleet.dev/pod-key']).toBe('key-7');
    const env = new Map(pod.spec?.containers[0]?.env?.map(({ name, value }) => [name, value]));
    expect(Buffer.from(env.get('JWT_PUBLIC_KEY') ?? '', 'base64').toString()).toContain('key-7');
    expect(JSON.stringify(await world.policies())).toContain('203.0.113.0/24');

    const base = `http://127.0.0.1:${port}`;
    await eventually('it is ready', async () => (await fetch(`${base}/readyz`)).ok);
    expect(await (await fetch(`${base}/readyz`)).text()).toContain('[+] cache of Node');
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toMatch(/sandfleet_sandboxes\{phase="Pending"\} 1/);
    expect(metrics).not.toContain('demo');

    await publishKeys(admin, system, 'key-8');
    expect((await world.pod('demo')).metadata.uid).toBe(pod.metadata.uid);
    await world.client.delete(pods, world.ref('demo'), { gracePeriodSeconds: 0 });
    expect((await world.pod('demo', pod)).metadata.annotations?.['sandfleet.dev/pod-key']).toBe('key-8');
  });
});
