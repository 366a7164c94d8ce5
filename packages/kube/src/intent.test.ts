import { describe, expect, it } from 'vitest';
import { hashOf, holds, toIntent } from './intent.ts';
import type { KubeObject } from './object.ts';

const live: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    namespace: 'a',
    uid: 'u',
    resourceVersion: '7',
    generation: 3,
    creationTimestamp: '2026-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-01T00:00:00Z',
    deletionGracePeriodSeconds: 5,
    labels: { a: 'b' },
    managedFields: [{}],
  },
  spec: { nodeName: 'n' },
  status: { phase: 'Running' },
};

describe('toIntent()', () => {
  it('keeps nothing that the server fills in', () => {
    expect(toIntent(live)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'a', uid: 'u', resourceVersion: '7', labels: { a: 'b' } },
      spec: { nodeName: 'n' },
    });
  });

  it('keeps the status alone for the status subresource', () => {
    expect(toIntent(live, 'status')).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'a', uid: 'u', resourceVersion: '7' },
      status: { phase: 'Running' },
    });
  });
});

describe('hashOf()', () => {
  it('does not depend on the condition, but on everything else', () => {
    const intent = toIntent(live);
    const newer = { ...intent, metadata: { ...intent.metadata, resourceVersion: '8' } };
    expect(hashOf(newer)).toBe(hashOf(intent));
    expect(hashOf({ ...intent, metadata: { ...intent.metadata, labels: { a: 'c' } } })).not.toBe(hashOf(intent));
    expect(hashOf({ ...intent, spec: {} })).not.toBe(hashOf(intent));
  });
});

describe('holds()', () => {
  it.for<{ what: string; live: unknown; intent: unknown; expected: boolean }>([
    { what: 'equal values', live: { a: [1, { b: 'c' }] }, intent: { a: [1, { b: 'c' }] }, expected: true },
    { what: 'more fields in the live object', live: { a: { b: 1, c: 2 }, d: 3 }, intent: { a: { b: 1 } }, expected: true },
    { what: 'defaults in the items of a list', live: { l: [{ n: 'x', d: 1 }] }, intent: { l: [{ n: 'x' }] }, expected: true },
    { what: 'a field that is left out by undefined', live: {}, intent: { a: undefined }, expected: true },
    { what: 'another value', live: { a: 1 }, intent: { a: 2 }, expected: false },
    { what: 'another form of a value', live: { cpu: '1' }, intent: { cpu: '1000m' }, expected: false },
    { what: 'a field that is gone', live: {}, intent: { a: 1 }, expected: false },
    { what: 'an item too many', live: { l: [1, 2] }, intent: { l: [1] }, expected: false },
    { what: 'an item too few', live: { l: [1] }, intent: { l: [1, 2] }, expected: false },
    { what: 'items in another order', live: { l: [1, 2] }, intent: { l: [2, 1] }, expected: false },
    { what: 'null where something is', live: { a: 1 }, intent: { a: null }, expected: false },
    { what: 'an object where a list is', live: { a: [] }, intent: { a: {} }, expected: false },
    { what: 'an empty object where nothing is', live: {}, intent: { a: {} }, expected: false },
    { what: 'a name that every object inherits', live: {}, intent: { toString: Object.prototype.toString }, expected: false },
  ])('says $expected for $what', ({ live, intent, expected }) => {
    expect(holds(live, intent)).toBe(expected);
  });
});
