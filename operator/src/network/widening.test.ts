import type { NetworkPolicy } from '@sandfleet/kube';
import { describe, expect, it } from 'vitest';

import { selects, wideningPolicies } from './widening.ts';

const LABELS = { app: 'x', 'sandfleet.dev/network': 'internet-0' };

describe('selects()', () => {
  const table: readonly (readonly [string, Parameters<typeof selects>[0], boolean])[] = [
    ['an empty selector', {}, true],
    ['an equal label', { matchLabels: { app: 'x' } }, true],
    ['another value', { matchLabels: { app: 'y' } }, false],
    ['one equal and one other label', { matchLabels: { app: 'x', tier: 'z' } }, false],
    ['Exists', { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
    ['Exists of a missing key', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, false],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, true],
    ['DoesNotExist of a key it has', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
    ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['w', 'x'] }] }, true],
    ['In without it', { matchExpressions: [{ key: 'app', operator: 'In', values: ['w'] }] }, false],
    ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['w'] }] }, true],
    ['NotIn with it', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['x'] }] }, false],
    ['NotIn of a missing key', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['x'] }] }, true],
    ['an operator of the future', { matchExpressions: [{ key: 'app', operator: 'Matches', values: ['x'] }] }, true],
  ];
  it.for(table)('%s: %s', ([, selector, matches]) => {
    expect(selects(selector, LABELS)).toBe(matches);
  });
});

const policy = (name: string, spec: NetworkPolicy['spec'], labels: Record<string, string> = {}): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'team', labels },
  ...(spec === undefined ? {} : { spec }),
});

describe('wideningPolicies()', () => {
  it('names, in order, the policies of others that select the pod and allow something', () => {
    const policies = [
      policy('zeta', { podSelector: {}, egress: [{}] }),
      policy('alpha', { podSelector: { matchLabels: { app: 'x' } }, ingress: [{}] }),
      policy('deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
      policy('others', { podSelector: { matchLabels: { app: 'y' } }, egress: [{}] }),
      policy('sandfleet-internet-0', { podSelector: {}, egress: [{}] }, { 'app.kubernetes.io/managed-by': 'sandfleet' }),
      policy('empty', undefined),
    ];
    expect(wideningPolicies(policies, LABELS)).toEqual(['alpha', 'zeta']);
  });

  it('names one that has the label of ours, and a name that none of ours can have', () => {
    const disguised = policy('allow-all', { podSelector: {}, egress: [{}] }, { 'app.kubernetes.io/managed-by': 'sandfleet' });
    expect(wideningPolicies([disguised], LABELS)).toEqual(['allow-all']);
  });
});
