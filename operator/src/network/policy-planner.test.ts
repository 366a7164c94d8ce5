import { Store, type NetworkPolicy, type Node } from '@sandfleet/kube';
import { describe, expect, it } from 'vitest';

import { egressIntent, networkLabel } from './egress-key.ts';
import { PolicyPlanner } from './policy-planner.ts';

const INTERNET = egressIntent({ mode: 'Internet' });

function node(name: string, address: string, version: string): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, resourceVersion: version },
    status: { addresses: [{ type: 'ExternalIP', address }] },
  };
}

function planner() {
  const nodes = new Store<Node>();
  const made = new PolicyPlanner({ gateway: { namespace: 'system', instance: 'fleet' }, configured: [], nodes });
  let changes = 0;
  made.onChange(() => (changes += 1));
  return {
    nodes,
    planner: made,
    changes: () => changes,
    denies: (text: string) => JSON.stringify(made.plan('team', INTERNET)).includes(text),
  };
}

describe('PolicyPlanner', () => {
  it('keeps up with the nodes, and speaks up only when their addresses change', () => {
    const { nodes, changes, denies } = planner();
    expect(denies('203.0.113.7/32')).toBe(false);
    nodes.upsert(node('a', '203.0.113.7', '1'));
    expect([denies('203.0.113.7/32'), changes()]).toEqual([true, 1]);
    nodes.upsert(node('a', '203.0.113.7', '2'));
    expect(changes()).toBe(1);
    nodes.upsert(node('a', '203.0.113.8', '3'));
    expect([denies('203.0.113.7/32'), denies('203.0.113.8/32'), changes()]).toEqual([false, true, 2]);
    nodes.remove({ name: 'a', uid: 'a' });
    expect([denies('203.0.113.8/32'), changes()]).toEqual([false, 3]);
  });

  it('plans anew, for pods without a sandbox, what their policy says that it is for', () => {
    const { planner: made } = planner();
    const live = made.plan('team', INTERNET);
    expect(made.replan('team', networkLabel(INTERNET), live)).toEqual(live);
  });

  const liars: readonly (readonly [string, NetworkPolicy['metadata']['annotations']])[] = [
    ['no policy', undefined],
    ['a policy that says nothing', {}],
    ['a policy that says it is for something wider', { 'sandfleet.dev/egress': '{"mode":"Open","cidrs":[]}' }],
    ['a policy that talks nonsense', { 'sandfleet.dev/egress': '{' }],
    ['a policy with a number', { 'sandfleet.dev/egress': '7' }],
    ['a policy with nothing', { 'sandfleet.dev/egress': 'null' }],
    ['a policy of another shape', { 'sandfleet.dev/egress': '{"mode":{"toLowerCase":1},"cidrs":"all"}' }],
  ];
  it.for(liars)('allows nothing out when there is %s', ([, annotations]) => {
    const { planner: made } = planner();
    const label = networkLabel(INTERNET);
    const live = { ...made.plan('team', INTERNET), metadata: { name: 'x', annotations: annotations ?? {} } };
    expect(made.replan('team', label, annotations === undefined ? undefined : live).spec?.egress).toEqual([]);
    expect(made.replan('team', label, live).spec?.podSelector?.matchLabels).toEqual({ 'sandfleet.dev/network': label });
  });
});
