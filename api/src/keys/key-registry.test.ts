import type { Secret } from '@sandfleet/kube';
import { createLogger } from '@sandfleet/server-kit';
import { describe, expect, it } from 'vitest';

import { generateApiKey, hashApiKey } from './api-key.ts';
import { KeyRegistry } from './key-registry.ts';
import { parseKeySecret, toKeySecret, type ApiKeyRecord } from './key-secret.ts';

const log = createLogger({ name: 'test', level: 'silent' });
const key = generateApiKey();
const record: ApiKeyRecord = {
  name: 'ci',
  namespace: 'team-a',
  verbs: ['sandboxes:get', 'tokens:create'],
  createdAt: new Date('2026-01-01T00:00:00Z'),
  expiresAt: new Date('2026-02-01T00:00:00Z'),
  hash: hashApiKey(key),
};

function secretOf(change: Partial<ApiKeyRecord> = {}, uid = 'uid-1'): Secret {
  const secret = toKeySecret({ ...record, ...change }, 'sandfleet-system');
  return { ...secret, metadata: { ...secret.metadata, uid } };
}

describe('KeyRegistry', () => {
  it('finds a key by its hash until its Secret is gone', () => {
    const registry = new KeyRegistry(log);
    registry.set(secretOf());
    expect(registry.find(key)).toEqual(record);
    expect(registry.find(generateApiKey())).toBeUndefined();
    registry.delete(secretOf());
    expect([registry.find(key), registry.size]).toEqual([undefined, 0]);
  });

  it('forgets the hash of before when a Secret changes, also when it cannot be used any more', () => {
    const registry = new KeyRegistry(log);
    registry.set(secretOf());
    const other = generateApiKey();
    registry.set(secretOf({ hash: hashApiKey(other) }));
    expect([registry.find(key), registry.find(other)?.name]).toEqual([undefined, 'ci']);
    registry.set({ ...secretOf(), data: {} });
    expect(registry.size).toBe(0);
  });
});

describe('parseKeySecret()', () => {
  const withSpec = (spec: unknown): Secret => {
    const secret = secretOf();
    return {
      ...secret,
      data: { ...secret.data, spec: Buffer.from(typeof spec === 'string' ? spec : JSON.stringify(spec)).toString('base64') },
    };
  };
  const spec = { name: 'ci', namespace: 'a', verbs: ['*'], createdAt: '2026-01-01T00:00:00Z' };

  it('reads what toKeySecret() wrote', () => {
    expect(parseKeySecret(secretOf())).toEqual(record);
  });

  it.for([
    ['no hash', { ...secretOf(), data: { spec: secretOf().data?.['spec'] ?? '' } }, /hash/],
    ['a short hash', secretOf({ hash: 'abc' }), /hash/],
    ['a spec that is no JSON', withSpec('{'), /spec must be/],
    ['no namespace', withSpec({ ...spec, namespace: undefined }), /spec must be/],
    ['an empty namespace, which would mean all of them', withSpec({ ...spec, namespace: '' }), /spec must be/],
    ['no verbs', withSpec({ ...spec, verbs: [] }), /spec must be/],
    ['a verb that is not known', withSpec({ ...spec, verbs: ['sandboxes:*'] }), /verb/],
    ['the name of another key', withSpec({ ...spec, name: 'admin' }), /does not fit/],
    ['an end that cannot be read', withSpec({ ...spec, expiresAt: 'tomorrow' }), /spec must be/],
    ['an end that is no moment', withSpec({ ...spec, expiresAt: '2026-01-01T00:00:00Z[UTC]' }), /spec must be/],
    ['an end that is null', withSpec({ ...spec, expiresAt: null }), /spec must be/],
  ] as const)('opens nothing for %s', ([, secret, problem]) => {
    expect(parseKeySecret(secret)).toMatch(problem);
  });
});
