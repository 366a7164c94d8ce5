import { describe, expect, it, vi } from 'vitest';
import type { KubeObject } from './object.ts';
import { type Change, Store } from './store.ts';

function object(name: string, version: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  const metadata = { namespace: 'a', uid: `uid-${name}`, ...more, name, resourceVersion: version };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

function watched(store: Store<KubeObject>): string[] {
  const seen: string[] = [];
  store.subscribe(({ type, object: { metadata }, old }: Change<KubeObject>) => {
    seen.push(`${type} ${metadata.name} ${old ? `${old.metadata.resourceVersion}→` : ''}${metadata.resourceVersion}`);
  });
  return seen;
}

const byColour = { colour: ({ metadata }: KubeObject) => (metadata.labels?.['colour'] ? [metadata.labels['colour']] : []) };

describe('Store', () => {
  it('tells added, updated and deleted, once each', () => {
    const store = new Store();
    const seen = watched(store);
    store.upsert(object('x', '1'));
    store.upsert(object('x', '1'));
    store.upsert(object('x', '2'));
    store.remove(object('x', '3').metadata);
    store.remove(object('x', '3').metadata);
    expect(seen).toEqual(['added x 1', 'updated x 1→2', 'deleted x 2']);
    expect(store.size).toBe(0);
  });

  it('stops telling who unsubscribed', () => {
    const store = new Store();
    const listener = vi.fn<(change: Change<KubeObject>) => void>();
    store.subscribe(listener)();
    store.upsert(object('x', '1'));
    expect(listener).not.toHaveBeenCalled();
  });

  it('finds objects by name, uid, namespace and index', () => {
    const store = new Store({ indexes: byColour });
    const red = object('x', '1', { labels: { colour: 'red' } });
    const blue = object('y', '2', { namespace: 'b', labels: { colour: 'blue' } });
    const node = { ...object('n', '3'), metadata: { name: 'n', uid: 'n', resourceVersion: '3' } };
    for (const each of [red, blue, node]) store.upsert(each);
    expect(store.get('a', 'x')).toBe(red);
    expect(store.get('b', 'x')).toBeUndefined();
    expect(store.get(undefined, 'n')).toBe(node);
    expect(store.getByUid('uid-y')).toBe(blue);
    expect(store.list('b')).toEqual([blue]);
    expect(store.list('none')).toEqual([]);
    expect(store.list()).toHaveLength(3);
    expect(store.byIndex('colour', 'red')).toEqual([red]);
    expect(() => store.byIndex('size', 'big')).toThrow('no index "size"');
  });

  it('moves an object in its indexes when it changes, and takes it out when it goes', () => {
    const store = new Store({ indexes: byColour });
    store.upsert(object('x', '1', { labels: { colour: 'red' } }));
    store.upsert(object('x', '2', { labels: { colour: 'blue' } }));
    expect(store.byIndex('colour', 'red')).toEqual([]);
    expect(store.byIndex('colour', 'blue')).toHaveLength(1);
    store.remove({ namespace: 'a', name: 'x' });
    expect(store.byIndex('colour', 'blue')).toEqual([]);
    expect(store.getByUid('uid-x')).toBeUndefined();
  });

  it('drops managedFields, and what the transform drops', () => {
    const store = new Store();
    const full = object('x', '1', { managedFields: [{ manager: 'm' }] });
    store.upsert(full);
    expect(store.get('a', 'x')?.metadata).not.toHaveProperty('managedFields');
    expect(full.metadata).toHaveProperty('managedFields');
    store.setTransform(({ data: _dropped, ...kept }) => kept);
    store.upsert({ ...object('y', '2'), data: { big: 'text' } });
    expect(store.get('a', 'y')).toEqual(object('y', '2'));
  });

  it.for([
    { what: 'an older version after a newer one', first: '10', second: '9', kept: '10' },
    { what: 'a newer version with one digit more', first: '9', second: '10', kept: '10' },
    { what: 'a version that has no order', first: '10', second: 'opaque', kept: 'opaque' },
  ])('ends with version $kept for $what', ({ first, second, kept }) => {
    const store = new Store();
    store.upsert(object('x', first));
    store.upsert(object('x', second));
    expect(store.get('a', 'x')?.metadata.resourceVersion).toBe(kept);
  });

  it('does not bring back a deleted object by a late answer to a write of ours', () => {
    const store = new Store();
    store.upsert(object('x', '5'));
    store.remove(object('x', '7').metadata);
    expect(store.upsert(object('x', '6'))).toBe(false);
    expect(store.upsert(object('x', '7'))).toBe(false);
    expect(store.get('a', 'x')).toBeUndefined();
  });

  it('does not bring back an object whose end it saw before its beginning', () => {
    const store = new Store();
    store.remove(object('x', '7').metadata);
    expect(store.upsert(object('x', '6'))).toBe(false);
    expect(store.size).toBe(0);
  });

  it('knows that an object is gone for good when the server said so', () => {
    const store = new Store();
    store.upsert(object('x', '5'));
    store.remove({ namespace: 'a', name: 'x', uid: 'uid-x' });
    expect(store.upsert(object('x', '99'))).toBe(false);
    store.remove(object('x', '7').metadata);
    expect(store.upsert(object('x', '99'))).toBe(false);
  });

  it('takes an object back that left the selection and came again with a newer version', () => {
    const store = new Store();
    store.upsert(object('x', '5'));
    store.remove(object('x', '6').metadata);
    expect(store.upsert(object('x', '8'))).toBe(true);
    expect(store.upsert(object('x', '9'))).toBe(true);
  });

  it('tells a deletion that was missed when the name comes with another uid', () => {
    const store = new Store();
    const seen = watched(store);
    store.upsert(object('x', '1'));
    store.upsert(object('x', '4', { uid: 'other' }));
    expect(seen).toEqual(['added x 1', 'deleted x 1', 'added x 4']);
    expect(store.getByUid('uid-x')).toBeUndefined();
    expect(store.getByUid('other')?.metadata.resourceVersion).toBe('4');
    expect(store.size).toBe(1);
  });

  it('keeps the new object when the end of the old one of that name comes late', () => {
    const store = new Store();
    store.upsert(object('x', '4', { uid: 'other' }));
    expect(store.remove(object('x', '3').metadata)).toBe(false);
    expect(store.upsert(object('x', '2'))).toBe(false);
    expect(store.get('a', 'x')?.metadata.uid).toBe('other');
  });

  it('ignores a DELETED that is older than what we wrote', () => {
    const store = new Store();
    store.upsert(object('x', '8'));
    expect(store.remove(object('x', '6').metadata)).toBe(false);
    expect(store.size).toBe(1);
  });

  it('retain() drops what a list does not have, but for what is newer than the list', () => {
    const store = new Store();
    const seen = watched(store);
    for (const [name, version] of [
      ['kept', '1'],
      ['gone', '2'],
      ['ours', '30'],
    ] as const)
      store.upsert(object(name, version));
    expect(store.retain(new Set(['uid-kept']), '20')).toBe(1);
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['kept', 'ours']);
    expect(seen.at(-1)).toBe('deleted gone 2');
    expect(store.upsert(object('gone', '19'))).toBe(false);
  });

  it('forgets the oldest tombstones, so that deletions do not fill the memory', () => {
    const store = new Store();
    for (let i = 0; i < 5000; i += 1) {
      store.upsert(object(`x${i}`, '1'));
      store.remove({ namespace: 'a', name: `x${i}` });
    }
    expect(store.upsert(object('x4999', '1'))).toBe(false);
    expect(store.upsert(object('x0', '1'))).toBe(true);
  });

  it('tells the other listeners when one throws, and raises the error aloud', async () => {
    const raised: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => raised.push(error));
    const store = new Store();
    store.subscribe(() => {
      throw new Error('a bug in a listener');
    });
    const seen = watched(store);
    store.upsert(object('x', '1'));
    await new Promise((resolve) => setImmediate(resolve));
    for (const listener of others) process.on('uncaughtException', listener);
    expect(seen).toEqual(['added x 1']);
    expect(raised).toEqual([new Error('a bug in a listener')]);
  });
});
