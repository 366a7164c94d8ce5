import { describe, expect, it } from 'vitest';
import { collectionPath, defineResource, objectPath } from './resource-type.ts';
import { leases, nodes, pods } from './resources.ts';

describe('objectPath()', () => {
  it.for([
    { path: objectPath(pods, { namespace: 'a', name: 'b' }), expected: '/api/v1/namespaces/a/pods/b' },
    { path: objectPath(pods, { namespace: 'a', name: 'b' }, 'status'), expected: '/api/v1/namespaces/a/pods/b/status' },
    { path: objectPath(leases, { namespace: 'a', name: 'b' }), expected: '/apis/coordination.k8s.io/v1/namespaces/a/leases/b' },
    { path: objectPath(nodes, { name: 'n' }), expected: '/api/v1/nodes/n' },
    { path: objectPath(pods, { namespace: 'a', name: 'b?c#d' }), expected: '/api/v1/namespaces/a/pods/b%3Fc%23d' },
  ])('gives $expected', ({ path, expected }) => {
    expect(path).toBe(expected);
  });

  it.for([
    { what: 'no name, which would mean the whole collection', ref: { namespace: 'a', name: '' } },
    { what: 'no namespace', ref: { name: 'b' } },
    { what: 'a name that climbs', ref: { namespace: 'a', name: '..' } },
    { what: 'a namespace that climbs', ref: { namespace: '..', name: 'b' } },
    { what: 'a name with a slash', ref: { namespace: 'a', name: '../secrets/x' } },
    { what: 'a name that is escaped already', ref: { namespace: 'a', name: '%2e%2e' } },
  ])('refuses $what', ({ ref }) => {
    expect(() => objectPath(pods, ref)).toThrow(TypeError);
  });
});

describe('collectionPath()', () => {
  it('gives the path of all namespaces without one', () => {
    expect(collectionPath(pods)).toBe('/api/v1/pods');
  });

  it('refuses a namespace for a cluster-scoped type', () => {
    expect(() => collectionPath(nodes, 'a')).toThrow('cluster-scoped');
  });
});

describe('defineResource()', () => {
  it('gives a value that cannot be changed', () => {
    const type = defineResource({ group: 'g', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true });
    expect(() => Object.assign(type, { plural: 'others' })).toThrow(TypeError);
  });
});
