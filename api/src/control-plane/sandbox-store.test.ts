import { describe, expect, it } from 'vitest';

import { sandbox } from './fixtures.ts';
import { createSandboxStore, isShadowed } from './sandbox-store.ts';

describe('createSandboxStore()', () => {
  it('keeps no environment in memory', () => {
    const store = createSandboxStore();
    store.upsert(sandbox({ spec: { image: 'x', env: [{ name: 'PASSWORD', value: 'hunter2' }] } }));
    expect(store.get('team-a', 'a')?.spec).toMatchObject({ image: 'x' });
    expect(JSON.stringify(store.list())).not.toContain('hunter2');
  });
});

describe('isShadowed()', () => {
  it('knows a name of another namespace, and not one of its own', () => {
    const store = createSandboxStore();
    store.upsert(sandbox({ name: 'a', namespace: 'team-a' }));
    expect(isShadowed(store, { name: 'a', namespace: 'team-b' })).toBe(true);
    expect(isShadowed(store, { name: 'a', namespace: 'team-a' })).toBe(false);
    expect(isShadowed(store, { name: 'b', namespace: 'team-b' })).toBe(false);
  });
});
