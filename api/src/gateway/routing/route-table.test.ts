import { beforeEach, describe, expect, it } from 'vitest';

import { isPodAddress } from './pod-address.ts';
import { RouteTable } from './route-table.ts';
import type { PodView, SandboxView } from './views.ts';

const sandbox = (change: Partial<SandboxView> = {}): SandboxView => ({
  id: 'a',
  uid: 'u1',
  namespace: 'default',
  createdAt: '2026-01-01T00:00:00Z',
  isDeleting: false,
  reason: undefined,
  ...change,
});
const pod = (change: Partial<PodView> = {}): PodView => ({
  uid: 'p1',
  sandboxUid: 'u1',
  namespace: 'default',
  createdAt: '2026-01-01T00:00:00Z',
  ip: '10.0.0.1',
  keyId: 'k1',
  isReady: true,
  isTerminating: false,
  isOver: false,
  ...change,
});

describe('RouteTable', () => {
  let routes: RouteTable;
  const podOf = (id: string) => routes.lookup(id)?.pod?.uid;
  beforeEach(() => {
    routes = new RouteTable(isPodAddress);
  });

  it('leads from an id to the ready pod of its sandbox, whichever of the two comes first', () => {
    routes.setPod(pod());
    expect(routes.lookup('a')).toBeUndefined();
    routes.setSandbox(sandbox());
    expect(routes.lookup('a')).toEqual({ sandbox: sandbox(), pod: { uid: 'p1', ip: '10.0.0.1', keyId: 'k1' }, reason: '' });
  });

  const without: readonly (readonly [string, Partial<PodView>])[] = [
    ['is not ready', { isReady: false }],
    ['is terminating', { isTerminating: true }],
    ['is over', { isOver: true }],
    ['has no address', { ip: undefined }],
    ['has the address of a metadata server', { ip: '169.254.169.254' }],
    ['has a loopback address', { ip: '127.0.0.1' }],
    ['does not say its key', { keyId: undefined }],
    ['is in another namespace', { namespace: 'other' }],
    ['belongs to another sandbox', { sandboxUid: 'u2' }],
  ];
  it.for(without)('has a reason and no pod where the pod %s', ([, change]) => {
    routes.setSandbox(sandbox());
    routes.setPod(pod(change));
    expect(routes.lookup('a')).toMatchObject({ pod: undefined, reason: expect.stringMatching(/./) as string });
  });

  it('tells the operator’s reason', () => {
    routes.setSandbox(sandbox({ reason: 'ImagePull: no such image' }));
    expect(routes.lookup('a')?.reason).toBe('ImagePull: no such image');
  });

  it('moves to the successor of a pod', () => {
    routes.setSandbox(sandbox());
    routes.setPod(pod());
    routes.setPod(pod({ isTerminating: true }));
    routes.setPod(pod({ uid: 'p2', isReady: false, createdAt: '2026-01-01T00:01:00Z' }));
    expect(podOf('a')).toBeUndefined();
    routes.setPod(pod({ uid: 'p2', createdAt: '2026-01-01T00:01:00Z' }));
    expect(podOf('a')).toBe('p2');
  });

  it('prefers a ready pod, then the newest', () => {
    routes.setSandbox(sandbox());
    routes.setPod(pod({ uid: 'p1' }));
    routes.setPod(pod({ uid: 'p2', createdAt: '2026-01-02T00:00:00Z' }));
    expect(podOf('a')).toBe('p2');
    routes.setPod(pod({ uid: 'p2', createdAt: '2026-01-02T00:00:00Z', isReady: false }));
    expect(podOf('a')).toBe('p1');
  });

  it('gives a name that two namespaces have to the oldest, by UID where both are of one age', () => {
    routes.setSandbox(sandbox({ uid: 'u3', namespace: 'c', createdAt: '2026-01-02T00:00:00Z' }));
    expect(routes.lookup('a')?.sandbox.uid).toBe('u3');
    routes.setSandbox(sandbox({ uid: 'u2', namespace: 'b' }));
    expect(routes.lookup('a')?.sandbox.uid).toBe('u2');
    routes.setSandbox(sandbox({ uid: 'u1', namespace: 'a' }));
    expect(routes.lookup('a')?.sandbox.uid).toBe('u1');
    routes.removeSandbox({ id: 'a', uid: 'u1' });
    expect(routes.lookup('a')?.sandbox.uid).toBe('u2');
    expect(routes.size).toBe(1);
  });

  it('remembers the sandboxes that it saw go, by UID', () => {
    routes.setSandbox(sandbox());
    expect(routes.knows('u1')).toBe(true);
    routes.removeSandbox({ id: 'a', uid: 'u1' });
    expect(routes.lookup('a')).toBeUndefined();
    expect(routes.knows('u1')).toBe(false);
    expect(routes.isGone('u1', 'a')).toBe(true);
    expect(routes.isGone('u1', 'b')).toBe(false);
    expect(routes.isGone('u2', 'a')).toBe(false);
  });

  describe('says which connections have to end', () => {
    beforeEach(() => {
      routes.setSandbox(sandbox());
      routes.setPod(pod());
    });
    const changes: readonly (readonly [string, (table: RouteTable) => unknown, readonly string[], readonly string[]])[] = [
      ['none for a pod that is not ready for a while', (table) => table.setPod(pod({ isReady: false })), [], []],
      ['the idle ones of a pod that terminates', (table) => table.setPod(pod({ isTerminating: true })), ['p1'], []],
      ['all of a pod that is gone', (table) => table.removePod({ uid: 'p1', sandboxUid: 'u1' }), [], ['p1']],
      ['all of a pod that is over', (table) => table.setPod(pod({ isOver: true })), [], ['p1']],
      ['all of a pod with another address', (table) => table.setPod(pod({ ip: '10.0.0.2' })), [], ['p1']],
      ['all of a pod that lost its address', (table) => table.setPod(pod({ ip: undefined })), [], ['p1']],
      ['all of a sandbox that is being deleted', (table) => table.setSandbox(sandbox({ isDeleting: true })), [], ['p1']],
      ['all of a sandbox that is gone', (table) => table.removeSandbox({ id: 'a', uid: 'u1' }), [], ['p1']],
      ['none for a pod it never knew', (table) => table.removePod({ uid: 'p9', sandboxUid: 'u1' }), [], []],
      ['none for a sandbox it never knew', (table) => table.removeSandbox({ id: 'a', uid: 'u9' }), [], []],
    ];
    it.for(changes)('%s', ([, change, retired, closed]) => {
      expect(change(routes)).toEqual({ retired, closed });
    });
  });
});
