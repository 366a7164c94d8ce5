import type { IncomingHttpHeaders } from 'node:http';

import { describe, expect, it } from 'vitest';

import { generateApiKey, hashApiKey } from '../keys/api-key.ts';
import type { ApiKeyRecord } from '../keys/key-secret.ts';
import { authenticate, type Authority } from './authenticate.ts';
import { FailureLimiter } from './failure-limiter.ts';

const now = new Date('2026-01-01T00:00:00Z');
const key = generateApiKey();
const record: ApiKeyRecord = {
  name: 'ci',
  namespace: 'team-a',
  verbs: ['sandboxes:get', 'sandboxes:list'],
  createdAt: now,
  hash: hashApiKey(key),
};

function authority(change: Partial<ApiKeyRecord> = {}, options: Partial<Authority> = {}): Authority {
  const find = (text: string) => (text === key ? { ...record, ...change } : undefined);
  return { ready: () => true, find, failures: new FailureLimiter({ burst: 2, perSecond: 0.1 }), ...options };
}

const ask = (at: Authority, headers: IncomingHttpHeaders, verb: 'sandboxes:get' | 'sandboxes:create' = 'sandboxes:get') =>
  authenticate(at, { headers, address: '192.0.2.1', verb, now });

describe('authenticate()', () => {
  it.for([
    ['Authorization', { authorization: `Bearer ${key}` }],
    ['Authorization in other words', { authorization: `bearer   ${key}` }],
    ['X-API-Key', { 'x-api-key': key }],
  ] as const)('lets a key in that comes by %s', ([, headers]) => {
    expect(ask(authority(), headers)).toEqual({
      allowed: true,
      reason: 'ok',
      principal: { name: 'apikey:ci', namespace: 'team-a', verbs: record.verbs },
    });
  });

  it.for([
    ['no credential', {}, 'missing'],
    ['another scheme', { authorization: `Basic ${Buffer.from(`x:${key}`).toString('base64')}` }, 'unreadable'],
    ['a Bearer without a key', { authorization: 'Bearer' }, 'unreadable'],
    ['two keys in one header', { authorization: `Bearer ${key}, Bearer ${key}` }, 'unreadable'],
    ['a key in both headers', { authorization: `Bearer ${key}`, 'x-api-key': key }, 'unreadable'],
    ['an empty X-API-Key', { 'x-api-key': '' }, 'unreadable'],
    ['a key of 1 MiB', { 'x-api-key': 'k'.repeat(1_048_576) }, 'unreadable'],
    ['a text that is no key', { 'x-api-key': 'admin' }, 'malformed'],
    ['a key that was never made, or revoked', { 'x-api-key': generateApiKey() }, 'unknown'],
  ] as const)('refuses %s', ([, headers, reason]) => {
    const decision = ask(authority(), headers);
    expect(decision).toMatchObject({ allowed: false, reason, error: { code: 'UNAUTHENTICATED', status: 401 } });
    expect(decision).toMatchObject({ error: { headers: { 'www-authenticate': expect.stringContaining('Bearer realm=') } } });
    expect(JSON.stringify(decision)).not.toContain(key);
  });

  it('tells a made-up key and a revoked one apart to no one but the metrics', () => {
    const [madeUp, revoked] = ['nonsense', generateApiKey()].map((text) => ask(authority(), { 'x-api-key': text }));
    expect(madeUp).toMatchObject({ error: { message: 'The API key is not valid.' } });
    expect(revoked).toMatchObject({ error: { message: 'The API key is not valid.' } });
  });

  it('refuses a key at the moment it expires', () => {
    expect(ask(authority({ expiresAt: now }), { 'x-api-key': key })).toMatchObject({ reason: 'expired', error: { status: 401 } });
    expect(ask(authority({ expiresAt: new Date(now.getTime() + 1) }), { 'x-api-key': key }).allowed).toBe(true);
  });

  it('refuses what the key does not carry, and says whom', () => {
    const decision = ask(authority(), { 'x-api-key': key }, 'sandboxes:create');
    expect(decision).toMatchObject({ reason: 'verb', error: { code: 'FORBIDDEN' }, principal: { name: 'apikey:ci' } });
    expect(ask(authority({ verbs: ['*'] }), { 'x-api-key': key }, 'sandboxes:create').allowed).toBe(true);
  });

  it('refuses a key for a namespace that is not served', () => {
    const narrow = authority({}, { watchedNamespace: 'team-b' });
    expect(ask(narrow, { 'x-api-key': key })).toMatchObject({ reason: 'namespace', error: { code: 'FORBIDDEN' } });
  });

  it('lets no one in before the keys are loaded', () => {
    const early = authority({}, { ready: () => false });
    for (const headers of [{}, { 'x-api-key': key }])
      expect(ask(early, headers)).toMatchObject({ reason: 'not_ready', error: { status: 503 } });
  });

  it('slows failures down, and never a good key from the same address', () => {
    const at = authority();
    const statuses = [1, 2, 3].map(() => {
      const decision = ask(at, { 'x-api-key': 'guess' });
      return decision.allowed ? 200 : [decision.error.status, decision.error.headers['retry-after'] !== undefined];
    });
    expect(statuses).toEqual([
      [401, false],
      [401, false],
      [429, true],
    ]);
    expect(ask(at, { 'x-api-key': key }).allowed).toBe(true);
  });
});
