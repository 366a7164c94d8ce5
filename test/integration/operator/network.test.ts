import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { networkPolicies, nodes, pods, type NetworkPolicy, type Pod } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { describe, expect, it } from 'vitest';

import { GRACE_SECONDS } from '../../../operator/src/controllers/network-policy/reconcile.ts';
import { useOperator } from './support/suite.ts';
import { LABEL, type World } from './support/world.ts';

const {
  suite,
  tampered,
  world: newWorld,
} = useOperator({ environment: { SANDFLEET_DENY_CIDRS: '198.51.100.0/24' }, slowRemovals: true });

const MERGE = { contentType: 'application/merge-patch+json' } as const;

const labelOf = (pod: Pod): string => pod.metadata.labels?.[LABEL] ?? '';

function policyOf(world: World, pod: Pod): Promise<NetworkPolicy | undefined> {
  return world.find(networkPolicies, `sandfleet-${labelOf(pod)}`);
}

const text = (policy: NetworkPolicy | undefined): string => JSON.stringify(policy?.spec?.egress ?? []);

describe('the network policy', () => {
  it('is there before the pod, one for all sandboxes alike, and the API server takes each mode', async () => {
    const world = await newWorld();
    const modes = {
      deny: { mode: 'Deny' },
      internet: { mode: 'Internet' },
      open: { mode: 'Open' },
      restricted: { mode: 'Restricted', cidrs: ['0.0.0.0/0', '::/0', '10.0.0.0/8', 'fd00::/8'] },
      same: { mode: 'Restricted', cidrs: ['::/0', '10.0.0.0/8', 'fd00::/8', '0.0.0.0/0'] },
    };
    for (const [name, egress] of Object.entries(modes)) await world.create(name, { network: { egress } });
    for (const name of Object.keys(modes)) {
      const pod = await world.pod(name);
      const policy = await policyOf(world, pod);
      expect(Number(policy?.metadata.resourceVersion)).toBeLessThan(Number(pod.metadata.resourceVersion));
      expect(policy?.spec?.podSelector).toEqual({ matchLabels: { [LABEL]: labelOf(pod) } });
    }
    expect(labelOf(await world.pod('same'))).toBe(labelOf(await world.pod('restricted')));
    expect((await world.policies()).map(({ metadata }) => metadata.name.split('-')[1]).toSorted()).toEqual([
      'deny',
      'internet',
      'open',
      'restricted',
    ]);
    expect(text(await policyOf(world, await world.pod('internet')))).toContain('198.51.100.0/24');
  });

  it('follows a change of the mode without a restart, and the pod is under one of the two at every moment', async () => {
    const world = await newWorld();
    await world.create('demo');
    const before = await suite().agent.ready(await world.pod('demo'));
    await world.until('demo', 'Ready', 'PodReady');
    await world.change('demo', { network: { egress: { mode: 'Deny' } } });
    const after = await eventually('the pod has its new label', async () => {
      const pod = await world.pod('demo');
      return labelOf(pod).startsWith('deny-') ? pod : undefined;
    });
    expect(after.metadata.uid).toBe(before.metadata.uid);
    await world.until('demo', 'NetworkReady', 'PolicyInPlace');
    expect((await world.sandbox('demo')).status?.phase).toBe('Ready');
    await eventually('the former policy is removed', async () => (await world.policies()).length === 1);
  });

  it('outlives the sandbox until its last pod is gone, and is then removed', async () => {
    const world = await newWorld();
    await world.create('demo');
    const pod = await world.pod('demo');
    await suite().agent.bind(pod);
    await world.client.delete(
      { group: 'sandfleet.dev', version: 'v1alpha1', plural: 'sandboxes', kind: 'Sandbox', namespaced: true },
      world.ref('demo'),
    );
    // The garbage collector's delete: the kubelet takes its time to stop the pod.
    await world.client.delete(pods, world.ref('demo'));
    await sleep((GRACE_SECONDS + 2) * 1000);
    expect(await policyOf(world, pod)).toBeDefined();
    await suite().agent.stopped(pod);
    await eventually('no policy is left', async () => (await world.policies()).length === 0);
  });

  it('comes back at once when somebody deletes or changes it', async () => {
    const world = await newWorld();
    tampered.add(world.namespace);
    await world.create('demo');
    const pod = await world.pod('demo');
    const policy = await policyOf(world, pod);
    await world.client.delete(networkPolicies, policy?.metadata ?? { name: '' });
    const back = await eventually('the policy is back', () => policyOf(world, pod));
    expect(back.metadata.uid).not.toBe(policy?.metadata.uid);
    await world.client.patch(networkPolicies, back.metadata, { spec: { egress: [{}] } }, MERGE);
    await eventually('the change is taken back', async () => text(await policyOf(world, pod)) === text(policy));
    await world.until('demo', 'NetworkReady', 'PolicyInPlace');
  });

  it('finds its pods again at once when somebody adds to what it selects them by', async () => {
    const world = await newWorld();
    tampered.add(world.namespace);
    await world.create('demo');
    const pod = await world.pod('demo');
    const selected = { matchLabels: { [LABEL]: labelOf(pod) } };
    for (const more of [{ matchLabels: { nobody: 'has-it' } }, { matchExpressions: [{ key: 'nobody', operator: 'Exists' }] }]) {
      const { metadata } = await eventually('the policy is there', () => policyOf(world, pod));
      await world.client.patch(networkPolicies, metadata, { spec: { podSelector: more } }, MERGE);
      await eventually('the change is taken back', async () =>
        isDeepStrictEqual((await policyOf(world, pod))?.spec?.podSelector, selected),
      );
    }
    await world.until('demo', 'NetworkReady', 'PolicyInPlace');
  });

  it('keeps the addresses of nodes out of reach, those of new ones too, without touching a pod', async () => {
    const world = await newWorld();
    await world.create('demo');
    const pod = await world.pod('demo');
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'late' },
      spec: { podCIDRs: ['100.200.7.0/24'], podCIDR: '100.200.7.0/24' },
    };
    await world.client.create(nodes, node);
    const addresses = [{ type: 'ExternalIP', address: '203.0.113.99' }];
    await world.client.patch(nodes, { name: 'late' }, { status: { addresses } }, { ...MERGE, subresource: 'status' });
    await eventually('the policy denies them', async () => {
      const egress = text(await policyOf(world, pod));
      return egress.includes('203.0.113.99/32') && egress.includes('100.200.7.0/24');
    });
    await world.client.delete(nodes, { name: 'late' });
    await eventually('the policy lets go of them', async () => !text(await policyOf(world, pod)).includes('203.0.113.99/32'));
    expect((await world.pod('demo')).metadata.uid).toBe(pod.metadata.uid);
  });

  it('of somebody else that allows more is reported', async () => {
    const world = await newWorld();
    await world.create('demo');
    await world.until('demo', 'NetworkReady', 'PolicyInPlace');
    const metadata = { name: 'allow-all', namespace: world.namespace };
    await world.client.create(networkPolicies, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: {}, egress: [{}] },
    });
    await world.until('demo', 'NetworkReady', 'WidenedByOtherPolicies');
    await world.client.delete(networkPolicies, metadata);
    await world.until('demo', 'NetworkReady', 'PolicyInPlace');
  });

  it('is never missing while sandboxes come just as their policy is about to go', async () => {
    // Each round makes a sandbox around the moment at which the policy of the former one is removed.
    const offsets = Array.from({ length: 24 }, (_, index) => index * 40 - 480);
    await Promise.all(
      offsets.map(async (offset) => {
        const world = await newWorld();
        await world.create('first');
        const first = await world.pod('first');
        await world.delete('first');
        await eventually('the pod is gone', async () => (await world.find(pods, 'first')) === undefined);
        await sleep(GRACE_SECONDS * 1000 + offset);
        await world.create('second');
        const second = await world.pod('second');
        expect(labelOf(second)).toBe(labelOf(first));
        expect(await policyOf(world, second)).toBeDefined();
      }),
    );
    expect(suite().auditor.violations(tampered)).toEqual([]);
  });
});
