import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';

import { ConfigError } from '@sandfleet/server-kit';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';

import { testRuntime } from '../../fixtures.ts';
import { readPublicKey } from './jwt.ts';

const ed25519 = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('ed25519');
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const encoded = (key: KeyObject): string => Buffer.from(pem(key)).toString('base64');
const now = Math.floor(Date.now() / 1000);
const AUDIENCE = 'pod-uid';

interface Claims {
  readonly [name: string]: unknown;
}

const sign = (claims: Claims, { key = ed25519.privateKey, alg = 'EdDSA' } = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
const good = (): Promise<string> => sign({ exp: now + 60, aud: AUDIENCE });

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (header: unknown): string => `${segment(header)}.${segment({ exp: now + 60, aud: AUDIENCE })}`;

const attacks: readonly [string, () => Promise<string | undefined>][] = [
  ['no header', async () => undefined],
  ['an empty header', async () => ''],
  ['another scheme', async () => 'Basic Z2VtOmdlbQ=='],
  ['no token', async () => 'Bearer '],
  ['no dots', async () => 'Bearer abc'],
  ['empty segments', async () => 'Bearer ..'],
  ['two tokens', async () => `Bearer ${await good()} ${await good()}`],
  ['alg none', async () => `Bearer ${unsigned({ alg: 'none' })}.`],
  ['no signature', async () => `Bearer ${unsigned({ alg: 'EdDSA' })}.`],
  [
    'a signature made with the public key as a shared secret',
    async () => {
      const text = unsigned({ alg: 'HS256' });
      return `Bearer ${text}.${createHmac('sha256', pem(ed25519.publicKey)).update(text).digest('base64url')}`;
    },
  ],
  ['the key of another', async () => `Bearer ${await sign({ exp: now + 60, aud: AUDIENCE }, { key: other.privateKey })}`],
  [
    'an algorithm of another key',
    async () => `Bearer ${await sign({ exp: now + 60, aud: AUDIENCE }, { key: rsa.privateKey, alg: 'RS256' })}`,
  ],
  [
    'a changed payload',
    async () => `Bearer ${(await good()).replace(/\.[^.]+\./, `.${segment({ exp: now + 9999, aud: AUDIENCE })}.`)}`,
  ],
  ['a token that is over', async () => `Bearer ${await sign({ exp: now - 60, aud: AUDIENCE })}`],
  ['a token that has not begun', async () => `Bearer ${await sign({ exp: now + 60, nbf: now + 30, aud: AUDIENCE })}`],
  ['a token without an end', async () => `Bearer ${await sign({ aud: AUDIENCE })}`],
  ['an end that is text', async () => `Bearer ${await sign({ exp: String(now + 60), aud: AUDIENCE })}`],
  ['no audience', async () => `Bearer ${await sign({ exp: now + 60 })}`],
  ['the audience of another pod', async () => `Bearer ${await sign({ exp: now + 60, aud: 'other-uid' })}`],
  ['an audience that begins alike', async () => `Bearer ${await sign({ exp: now + 60, aud: `${AUDIENCE}-2` })}`],
  ['a token of a hundred kilobytes', async () => `Bearer ${'a'.repeat(9000)}`],
];

const guarded = () => testRuntime({ JWT_PUBLIC_KEY: encoded(ed25519.publicKey), SANDFLEET_TOKEN_AUDIENCE: AUDIENCE });

describe('the guard', () => {
  it.for(attacks)('refuses %s', async ([, authorization]) => {
    await using runtime = await guarded();
    const value = await authorization();
    const headers = value === undefined ? {} : { authorization: value };
    const answer = await runtime.app.inject({ url: '/v1/shell/sessions', headers });
    expect([answer.statusCode, answer.json<{ success: boolean; data: unknown }>().data]).toEqual([401, null]);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  const paths = [
    ['GET', '/'],
    ['GET', '/v1/sandbox'],
    ['GET', '/v1/openapi.json'],
    ['GET', '/metrics'],
    ['GET', '/no/such/path'],
    ['GET', '/v1/ping/'],
    ['GET', '//v1/ping'],
    ['GET', '/v1/ping/../sandbox'],
    ['GET', '/v1/ping%2f..%2fsandbox'],
    ['POST', '/v1/ping'],
    ['OPTIONS', '/v1/shell/exec'],
    ['POST', '/v1/shell/exec'],
    ['POST', '/v1/file/read'],
    ['DELETE', '/v1/shell/sessions'],
  ] as const;
  it.for(paths)('guards %s %s', async ([method, url]) => {
    await using runtime = await guarded();
    expect((await runtime.app.inject({ method, url })).statusCode).toBe(401);
  });

  it('knows the probe by its route, whatever follows it', async () => {
    await using runtime = await guarded();
    const probe = await runtime.app.inject({ url: '/v1/ping?x=.js' });
    expect([probe.statusCode, probe.body]).toEqual([200, 'pong']);
    expect((await runtime.app.inject({ method: 'HEAD', url: '/v1/ping' })).statusCode).toBe(200);
  });

  it('reads no further than a path that is no path', async () => {
    await using runtime = await guarded();
    expect((await runtime.app.inject({ url: '/%' })).statusCode).toBe(400);
  });

  it('lets a good token in, again and again, and the probe without one', async () => {
    await using runtime = await guarded();
    const authorization = `Bearer ${await good()}`;
    for (const url of ['/v1/shell/sessions', '/v1/shell/sessions', '/metrics'])
      expect((await runtime.app.inject({ url, headers: { authorization } })).statusCode).toBe(200);
    const probe = await runtime.app.inject({ url: '/v1/ping' });
    expect([probe.statusCode, probe.body]).toEqual([200, 'pong']);
  });

  it('refuses a token that it knew once it is over', async () => {
    await using runtime = await guarded();
    // Within the tolerance for clocks that differ, so that the test need not wait for more than a second.
    const authorization = `Bearer ${await sign({ exp: Math.floor(Date.now() / 1000) - 3, aud: AUDIENCE })}`;
    const status = async () => (await runtime.app.inject({ url: '/v1/shell/sessions', headers: { authorization } })).statusCode;
    expect(await status()).toBe(200);
    const end = Date.now() + 60_000;
    while ((await status()) === 200 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await status()).toBe(401);
  });

  it('takes RS256 by an RSA key, any audience when none is set, and a key with line breaks', async () => {
    const text = encoded(rsa.publicKey).replaceAll(/.{64}/g, '$&\n');
    await using runtime = await testRuntime({ JWT_PUBLIC_KEY: `${text}\n` });
    const token = await sign({ exp: now + 60 }, { key: rsa.privateKey, alg: 'RS256' });
    const answer = await runtime.app.inject({ url: '/v1/shell/sessions', headers: { authorization: `bearer ${token}` } });
    expect(answer.statusCode).toBe(200);
  });

  it('says nothing about why in its answer, and nothing of the token', async () => {
    await using runtime = await guarded();
    const token = await sign({ exp: now - 60, aud: AUDIENCE });
    const answer = await runtime.app.inject({ url: '/v1/sandbox', headers: { authorization: `Bearer ${token}` } });
    expect(answer.json()).toEqual({ success: false, message: 'The credential is not valid for this sandbox.', data: null });
  });
});

describe('readPublicKey()', () => {
  const bad: readonly [string, string][] = [
    ['text that is no base64', '%%%'],
    ['base64 of no key', Buffer.from('hello').toString('base64')],
    ['a blank', '  \n'],
    ['a bare PEM', pem(ed25519.publicKey)],
  ];
  it.for(bad)('refuses %s and names the variable', ([, text]) => {
    expect(() => readPublicKey(text)).toThrow(ConfigError);
    expect(() => readPublicKey(text)).toThrow(/JWT_PUBLIC_KEY/);
  });

  it('refuses a key of a kind that it does not verify with', async () => {
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expect(testRuntime({ JWT_PUBLIC_KEY: encoded(curve.publicKey) })).rejects.toThrow(/must be RSA or Ed25519/);
  });
});
