import { describe, expect, it } from 'vitest';
import type { KubeObject } from './object.ts';
import { controllerOf, controllerReference, isControlledBy, ownerReference } from './owner-reference.ts';

const owner: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner', namespace: 'a', uid: 'u1' } };
const child: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'child', ownerReferences: [{ ...ownerReference(owner), uid: 'u0' }, controllerReference(owner)] },
};

describe('owner references', () => {
  it('name the owner by kind, name and uid', () => {
    expect(controllerReference(owner)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'owner',
      uid: 'u1',
      controller: true,
      blockOwnerDeletion: true,
    });
  });

  it('find the one that controls among several', () => {
    expect(controllerOf(child)?.uid).toBe('u1');
    expect(isControlledBy(child, owner)).toBe(true);
  });

  it('do not take an owner made anew under the same name for the owner', () => {
    expect(isControlledBy(child, { ...owner, metadata: { ...owner.metadata, uid: 'u2' } })).toBe(false);
    expect(isControlledBy({ ...child, metadata: { name: 'free' } }, { ...owner, metadata: { name: 'owner' } })).toBe(false);
  });

  it('refuse an owner that was not created yet', () => {
    expect(() => ownerReference({ ...owner, metadata: { name: 'owner' } })).toThrow('no uid yet');
  });
});
