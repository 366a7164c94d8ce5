import { createPublicKey, generateKeyPairSync } from 'node:crypto';

import { importSPKI, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';

import { generateSigningKeys, KeySets, SIGNING_KEYS, toPublicKeys } from './key-sets.ts';
import { mintPodToken, POD_TOKEN_ISSUER } from './pod-token.ts';
import { mintTicket, verifyTicket } from './ticket.ts';

const entries = await generateSigningKeys();
const now = new Date('2026-03-01T12:00:00Z');

function loaded(from = entries): KeySets {
  const keys = new KeySets();
  keys.update(from);
  return keys;
}

const jwkOf = (type: 'ec' | 'rsa1024' | 'ed25519', kid: string, alg: string) => {
  const { privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : type === 'rsa1024'
        ? generateKeyPairSync('rsa', { modulusLength: 1024 })
        : generateKeyPairSync('ed25519');
  return { ...privateKey.export({ format: 'jwk' }), kid, alg };
};
const setOf = (...keys: { kid: string }[]) => JSON.stringify({ active: keys[0]?.kid, keys });

describe('KeySets', () => {
  it('signs and verifies nothing before the keys are there, nor after they are gone', () => {
    const keys = new KeySets();
    expect(keys.ready).toBe(false);
    expect(() => keys.sandboxTokens).toThrow('not loaded');
    keys.update(entries);
    expect(keys.ready).toBe(true);
    keys.clear();
    expect(() => keys.podTokens).toThrow('not loaded');
  });

  const weak = jwkOf('rsa1024', 'weak', 'RS256');
  const edwards = jwkOf('ed25519', 'ed', 'EdDSA');
  const { d: _d, ...publicOnly } = edwards;
  const unusable: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    [
      'a missing entry',
      { [SIGNING_KEYS.sandboxTokens]: entries[SIGNING_KEYS.sandboxTokens] ?? '' },
      /pod-tokens.json is missing/,
    ],
    ['text that is no JSON', { ...entries, [SIGNING_KEYS.podTokens]: '{"d":"secret' }, /must be JSON/],
    ['another shape', { ...entries, [SIGNING_KEYS.podTokens]: '[]' }, /must be \{"active"/],
    ['no keys', { ...entries, [SIGNING_KEYS.podTokens]: '{"active":"a","keys":[]}' }, /active key a is not among/],
    ['a key without an id', { ...entries, [SIGNING_KEYS.podTokens]: setOf({ ...edwards, kid: '' }) }, /needs a kid/],
    ['two keys of one id', { ...entries, [SIGNING_KEYS.podTokens]: setOf(edwards, edwards) }, /two keys/],
    [
      'an active key without its private half',
      { ...entries, [SIGNING_KEYS.podTokens]: setOf(publicOnly as { kid: string }) },
      /private half/,
    ],
    ['a short RSA key', { ...entries, [SIGNING_KEYS.sandboxTokens]: setOf(weak) }, /at least 2048/],
    ['a key of another algorithm', { ...entries, [SIGNING_KEYS.sandboxTokens]: setOf(edwards) }, /must have alg RS256/],
    [
      'a key whose alg does not fit',
      { ...entries, [SIGNING_KEYS.sandboxTokens]: setOf({ ...edwards, alg: 'RS256' } as { kid: string }) },
      /RSA key/,
    ],
    ['a curve that is not Ed25519', { ...entries, [SIGNING_KEYS.podTokens]: setOf(jwkOf('ec', 'ec', 'EdDSA')) }, /Ed25519/],
    [
      'a broken key',
      { ...entries, [SIGNING_KEYS.podTokens]: setOf({ ...edwards, x: 'AA', d: 'AA' } as { kid: string }) },
      /not a usable JWK/,
    ],
  ];
  it.for(unusable)('refuses %s, keeps the keys of before, and quotes no key', ([, update, message]) => {
    const keys = loaded();
    const before = keys.sandboxTokens.active.kid;
    expect(() => keys.update(update)).toThrow(message);
    expect(keys.sandboxTokens.active.kid).toBe(before);
    const thrown = (() => {
      try {
        keys.update(update);
        return '';
      } catch (error) {
        return String(error);
      }
    })();
    expect(thrown).not.toContain('secret');
  });

  it('signs with the new active key after a rotation, and still verifies what the old one signed', async () => {
    const keys = loaded();
    const grant = {
      issuer: 'sandfleet',
      sandboxUid: 'u',
      principal: 'p',
      surface: 'vnc',
      mode: 'view',
      ttlSeconds: 30,
      now,
    } as const;
    const old = await mintTicket(keys, grant);
    const before = JSON.parse(entries[SIGNING_KEYS.sandboxTokens] ?? '') as { keys: object[] };
    const added = JSON.parse((await generateSigningKeys())[SIGNING_KEYS.sandboxTokens] ?? '') as {
      active: string;
      keys: object[];
    };
    const rotated = JSON.stringify({ active: added.active, keys: [...added.keys, ...before.keys] });
    keys.update({ ...entries, [SIGNING_KEYS.sandboxTokens]: rotated });
    const fresh = await mintTicket(keys, grant);
    expect(JSON.parse(Buffer.from(fresh.token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ kid: added.active });
    for (const { token } of [old, fresh])
      expect((await verifyTicket(keys, token, { issuer: 'sandfleet', audience: 'u', now })).ok).toBe(true);
  });
});

describe('toPublicKeys()', () => {
  it('publishes public halves alone, always in the same words', () => {
    const published = toPublicKeys(loaded());
    expect(toPublicKeys(loaded())).toEqual(published);
    for (const secret of ['"d"', '"p"', '"q"', '"dp"', '"dq"', '"qi"', 'PRIVATE'])
      expect(JSON.stringify(published)).not.toContain(secret);
    const jwks = JSON.parse(published['sandbox-tokens.jwks.json'] ?? '') as { keys: Record<string, unknown>[] };
    expect(Object.keys(jwks.keys[0] ?? {}).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(createPublicKey(published['pod-tokens.pem'] ?? '').asymmetricKeyType).toBe('ed25519');
  });
});

describe('mintPodToken()', () => {
  const keys = loaded();
  const request = {
    kid: keys.podTokens.active.kid,
    podUid: 'pod-uid',
    sandboxUid: 'sandbox-uid',
    principal: 'apikey:ci',
    surface: 'rest',
    mode: 'control',
    ttlSeconds: 300,
    now,
  } as const;

  it('makes what the published PEM verifies', async () => {
    const { token } = await mintPodToken(keys, request);
    const pem = await importSPKI(toPublicKeys(keys)['pod-tokens.pem'] ?? '', 'EdDSA');
    const verified = await jwtVerify(token, pem, {
      algorithms: ['EdDSA'],
      audience: 'pod-uid',
      issuer: POD_TOKEN_ISSUER,
      currentDate: now,
    });
    expect(verified.protectedHeader).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: request.kid });
    expect(verified.payload).toMatchObject({ sub: 'apikey:ci', sandbox: 'sandbox-uid', surface: 'rest', mode: 'control' });
  });

  it('refuses a key that was dropped and a life that is too long', async () => {
    await expect(mintPodToken(keys, { ...request, kid: 'gone' })).rejects.toMatchObject({ code: 'SANDBOX_NOT_READY' });
    await expect(mintPodToken(keys, { ...request, ttlSeconds: 301 })).rejects.toThrow(RangeError);
  });
});
