import { describe, expect, it } from 'vitest';

import { egressIntent } from '../../network/egress-key.ts';
import { buildPolicy } from '../../network/policy.ts';
import { GRACE_SECONDS, reconcilePolicy, type ObservedPolicy } from './reconcile.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

const intent = buildPolicy('team', egressIntent({ mode: 'Internet' }), {
  denied: { nodes: [], pods: [], configured: [] },
  gateway: { namespace: 'system', instance: 'fleet' },
});
const live = { ...intent, metadata: { ...intent.metadata, uid: 'policy-uid', resourceVersion: '7' } };
const deleted = { ...live, metadata: { ...live.metadata, deletionTimestamp: '2026-03-01T12:00:00Z' } };
const foreign = { ...live, metadata: { ...live.metadata, labels: {} } };
const widened = { ...live, spec: { ...live.spec, egress: [{}] } } as typeof live;
const selector = { matchLabels: { ...intent.spec?.podSelector?.matchLabels, nobody: 'has-it' } };
const narrowed = { ...live, spec: { ...live.spec, podSelector: selector } } as typeof live;
const expressed = {
  ...live,
  spec: {
    ...live.spec,
    podSelector: { ...intent.spec?.podSelector, matchExpressions: [{ key: 'nobody', operator: 'Exists' }] },
  },
} as typeof live;
const [into] = intent.spec?.ingress ?? [];
const stretched = {
  ...live,
  spec: { ...live.spec, ingress: [{ ...into, ports: into?.ports?.map((port) => ({ ...port, endPort: 65_535 })) }] },
} as typeof live;
const reference = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  namespace: 'team',
  name: intent.metadata.name,
  uid: 'policy-uid',
};

const NOTHING = { apply: [], delete: [], events: [] };
const applied = { ...NOTHING, apply: [{ ...intent, metadata: { ...intent.metadata, uid: 'policy-uid' } }] };

describe('reconcilePolicy()', () => {
  const table: readonly (readonly [string, Omit<ObservedPolicy, 'intent'>, unknown])[] = [
    ['makes a policy that is wanted', { isUsed: true }, { ...NOTHING, apply: [intent] }],
    ['makes none that nobody wants', { isUsed: false }, NOTHING],
    ['leaves one alone that is as it should be', { isUsed: true, live }, NOTHING],
    ['takes back what somebody changed', { isUsed: true, live: widened }, applied],
    ['takes back a label more that its pods would need', { isUsed: true, live: narrowed }, applied],
    ['takes back an expression that its pods would have to meet', { isUsed: true, live: expressed }, applied],
    ['takes back a port that became a range of ports', { isUsed: true, live: stretched }, applied],
    ['waits for one that is being deleted, to make it anew', { isUsed: true, live: deleted }, NOTHING],
    ['never touches a foreign one that is wanted', { isUsed: true, live: foreign }, NOTHING],
    ['never removes a foreign one', { isUsed: false, live: foreign, unusedSince: before(3600) }, NOTHING],
    [
      'keeps an unused one for a while',
      { isUsed: false, live, unusedSince: NOW },
      { ...NOTHING, requeueAfterSeconds: GRACE_SECONDS },
    ],
    [
      'looks again when the while is over',
      { isUsed: false, live, unusedSince: before(4) },
      { ...NOTHING, requeueAfterSeconds: GRACE_SECONDS - 4 },
    ],
    [
      'removes an unused one after it',
      { isUsed: false, live, unusedSince: before(GRACE_SECONDS) },
      { ...NOTHING, delete: [reference] },
    ],
    ['does not remove it twice', { isUsed: false, live: deleted, unusedSince: before(3600) }, NOTHING],
    ['keeps a used one, however long it was unused', { isUsed: true, live, unusedSince: before(3600) }, NOTHING],
  ];
  it.for(table)('%s', ([, observed, desired]) => {
    expect(reconcilePolicy({ ...observed, intent }, NOW)).toEqual(desired);
  });
});
