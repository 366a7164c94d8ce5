import type { Sandbox } from '@sandfleet/crds';
import type { Pod } from '@sandfleet/kube';
import { describe, expect, it } from 'vitest';

import { slimPod, slimSandbox } from './slim.ts';
import { podView, sandboxView } from './views.ts';

const owner = { apiVersion: 'sandfleet.dev/v1alpha1', kind: 'Sandbox', name: 'a', uid: 'u1', controller: true };
const metadata = {
  name: 'a',
  namespace: 'default',
  uid: 'p1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels: { 'sandfleet.dev/sandbox-uid': 'u1', other: 'x' },
  annotations: { 'sandfleet.dev/pod-key': 'k1', other: 'x' },
  ownerReferences: [owner],
};
const status = { phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] };
const pod = (change: { metadata?: object; spec?: object; status?: object } = {}): Pod =>
  // Only what is read here of a pod.
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, ...change.metadata },
    spec: { containers: [], ...change.spec },
    status: { ...status, ...change.status },
  }) as unknown as Pod;

describe('podView()', () => {
  const expected = {
    uid: 'p1',
    sandboxUid: 'u1',
    namespace: 'default',
    createdAt: '2026-01-01T00:00:00Z',
    ip: '10.0.0.1',
    keyId: 'k1',
    isReady: true,
    isTerminating: false,
    isOver: false,
  };

  it('reads a pod of a sandbox', () => {
    expect(podView(pod())).toEqual(expected);
    expect(podView(slimPod(pod()))).toEqual(expected);
  });

  const strangers = [
    ['without the label', { metadata: { labels: {} } }],
    ['without an owner', { metadata: { ownerReferences: [] } }],
    ['owned by another sandbox', { metadata: { ownerReferences: [{ ...owner, uid: 'u2' }] } }],
    ['labelled as another’s', { metadata: { labels: { 'sandfleet.dev/sandbox-uid': 'u2' } } }],
    ['owned but not controlled', { metadata: { ownerReferences: [{ ...owner, controller: false }] } }],
    ['owned by another kind', { metadata: { ownerReferences: [{ ...owner, kind: 'Deployment' }] } }],
    ['owned by another group', { metadata: { ownerReferences: [{ ...owner, apiVersion: 'evil.dev/v1' }] } }],
    ['on the network of its node', { spec: { hostNetwork: true } }],
  ] as const;
  it.for(strangers)('does not know a pod %s', ([, change]) => {
    expect(podView(pod(change))).toBeUndefined();
    expect(podView(slimPod(pod(change)))).toBeUndefined();
  });

  const states = [
    ['not ready', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }, { isReady: false }],
    ['without conditions', { status: { conditions: [] } }, { isReady: false }],
    ['pending', { status: { phase: 'Pending' } }, { isReady: false }],
    ['failed', { status: { phase: 'Failed' } }, { isReady: false, isOver: true }],
    ['succeeded', { status: { phase: 'Succeeded' } }, { isReady: false, isOver: true }],
    ['terminating', { metadata: { deletionTimestamp: 'now' } }, { isTerminating: true }],
    ['without an address', { status: { podIP: undefined } }, { ip: undefined }],
    ['without a key', { metadata: { annotations: {} } }, { keyId: undefined }],
  ] as const;
  it.for(states)('sees a pod that is %s', ([, change, difference]) => {
    expect(podView(slimPod(pod(change)))).toEqual({ ...expected, ...difference });
  });
});

describe('sandboxView()', () => {
  const conditions = [
    { type: 'PodScheduled', status: 'True', reason: 'R', message: 'M' },
    { type: 'Ready', status: 'False', reason: 'PodPending', message: 'The pod is starting.' },
  ];
  const sandbox = (change: object = {}, ready: object = {}): Sandbox =>
    // Only what is read here of a Sandbox.
    ({
      apiVersion: 'sandfleet.dev/v1alpha1',
      kind: 'Sandbox',
      metadata: { name: 'a', namespace: 'default', uid: 'u1', creationTimestamp: 't', ...change },
      spec: {},
      status: { conditions: [conditions[0], { ...conditions[1], ...ready }] },
    }) as unknown as Sandbox;
  const expected = { id: 'a', uid: 'u1', namespace: 'default', createdAt: 't', isDeleting: false };

  it('reads a Sandbox and why it is not ready', () => {
    const reason = 'PodPending: The pod is starting.';
    expect(sandboxView(sandbox())).toEqual({ ...expected, reason });
    expect(sandboxView(slimSandbox(sandbox()))).toEqual({ ...expected, reason });
    expect(sandboxView(sandbox({}, { status: 'True' }))).toEqual({ ...expected, reason: undefined });
    expect(sandboxView(sandbox({}, { message: 'x'.repeat(5000) }))?.reason).toHaveLength(300);
  });

  it('sees that it is being deleted', () => {
    expect(sandboxView(slimSandbox(sandbox({ deletionTimestamp: 'now' })))?.isDeleting).toBe(true);
  });
});
