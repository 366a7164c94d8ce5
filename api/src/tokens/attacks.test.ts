import { createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto';

import { beforeAll, describe, expect, it } from 'vitest';

import { toPem } from './key-set.ts';
import { generateSigningKeys, KeySets, SIGNING_KEYS } from './key-sets.ts';
import { mintPodToken } from './pod-token.ts';
import { mintSandboxToken, verifySandboxToken } from './sandbox-token.ts';
import { mintSession, mintTicket, verifySession, verifyTicket } from './ticket.ts';

const now = new Date('2026-03-01T12:00:00Z');
const seconds = now.getTime() / 1000;
const entries = await generateSigningKeys();
const keys = new KeySets();
keys.update(entries);
const { kid, privateKey, publicKey } = keys.sandboxTokens.active;

const UID = '11111111-1111-4111-8111-111111111111';
const options = { issuer: 'sandfleet', audience: UID, maxLifetimeSeconds: 86_400, now };
const header = { alg: 'RS256', kid, typ: 'sandbox+jwt' };
const claims = {
  iss: 'sandfleet',
  sub: 'apikey:ci',
  aud: UID,
  sandbox: 'a',
  namespace: 'default',
  scope: 'rest vnc',
  iat: seconds,
  nbf: seconds,
  exp: seconds + 60,
};

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token as an attacker may write it: any header, any claims, any key. */
function forge(head: unknown, body: unknown, key: KeyObject = privateKey): string {
  const input = `${encode(head)}.${encode(body)}`;
  return `${input}.${signBytes('sha256', Buffer.from(input), key).toString('base64url')}`;
}

function hmac(head: unknown, body: unknown, secret: string): string {
  const input = `${encode(head)}.${encode(body)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const good = forge(header, claims);
const [head = '', body = '', signature = ''] = good.split('.');
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { exp: _exp, ...endless } = claims;
const { nbf: _nbf, ...beginless } = claims;

describe('verifySandboxToken()', () => {
  it('takes a token of ours', async () => {
    expect(await verifySandboxToken(keys, good, options)).toEqual({
      ok: true,
      claims: {
        sandboxUid: UID,
        principal: 'apikey:ci',
        issuedAt: now,
        expiresAt: new Date(now.getTime() + 60_000),
        sandbox: 'a',
        namespace: 'default',
        scope: ['rest', 'vnc'],
      },
    });
  });

  const attacks: readonly (readonly [string, string, string])[] = [
    ['an empty text', '', 'malformed'],
    ['one segment', 'abc', 'malformed'],
    ['no signature', `${head}.${body}`, 'malformed'],
    ['an empty signature', `${head}.${body}.`, 'malformed'],
    ['an empty payload', `${head}..${signature}`, 'malformed'],
    ['an empty header', `.${body}.${signature}`, 'malformed'],
    ['a fourth segment', `${good}.${signature}`, 'malformed'],
    ['white space around it', ` ${good}`, 'malformed'],
    ['a header that is no JSON', `${encode('{')}.${body}.${signature}`, 'malformed'],
    ['a header that is a list', `${encode('[]')}.${body}.${signature}`, 'malformed'],
    ['alg none', `${encode({ ...header, alg: 'none' })}.${body}.${signature}`, 'wrong_algorithm'],
    ['alg none without a signature', `${encode({ ...header, alg: 'none' })}.${body}.`, 'malformed'],
    ['alg None', `${encode({ ...header, alg: 'None' })}.${body}.${signature}`, 'wrong_algorithm'],
    ['no alg', forge({ kid, typ: 'sandbox+jwt' }, claims), 'wrong_algorithm'],
    [
      'HS256 keyed with the public PEM',
      hmac({ ...header, alg: 'HS256' }, claims, toPem({ kid, publicKey, publicJwk: {} })),
      'wrong_algorithm',
    ],
    ['RS256 claimed over an HMAC', hmac(header, claims, toPem({ kid, publicKey, publicJwk: {} })), 'bad_signature'],
    ['PS256 with the right key', forge({ ...header, alg: 'PS256' }, claims), 'wrong_algorithm'],
    ['EdDSA with the right kid', forge({ ...header, alg: 'EdDSA' }, claims), 'wrong_algorithm'],
    ['the key of someone else', forge(header, claims, other.privateKey), 'bad_signature'],
    [
      'a key carried in the header',
      forge({ ...header, jwk: other.publicKey.export({ format: 'jwk' }) }, claims, other.privateKey),
      'bad_signature',
    ],
    ['another payload under a good signature', `${head}.${encode({ ...claims, aud: 'x' })}.${signature}`, 'bad_signature'],
    [
      'a signature with a bit turned',
      `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      'bad_signature',
    ],
    ['an unknown kid', forge({ ...header, kid: 'nobody' }, claims), 'unknown_key'],
    ['no kid', forge({ alg: 'RS256', typ: 'sandbox+jwt' }, claims), 'unknown_key'],
    ['a kid that is a number', forge({ ...header, kid: 7 }, claims), 'unknown_key'],
    ['a kid from the prototype', forge({ ...header, kid: '__proto__' }, claims), 'unknown_key'],
    ['an unknown critical extension', forge({ ...header, crit: ['exp2'], exp2: 1 }, claims), 'malformed'],
    ['an unencoded payload', forge({ ...header, crit: ['b64'], b64: false }, claims), 'malformed'],
    ['an empty crit', forge({ ...header, crit: [] }, claims), 'malformed'],
    ['no typ', forge({ alg: 'RS256', kid }, claims), 'wrong_type'],
    ['typ JWT', forge({ ...header, typ: 'JWT' }, claims), 'wrong_type'],
    ['typ of a ticket', forge({ ...header, typ: 'ticket+jwt' }, claims), 'wrong_type'],
    ['typ of a session', forge({ ...header, typ: 'session+jwt' }, claims), 'wrong_type'],
    ['typ in capitals', forge({ ...header, typ: 'SANDBOX+JWT' }, claims), 'wrong_type'],
    ['claims that are a list', forge(header, [claims]), 'malformed'],
    ['claims that are null', forge(header, 'null'), 'malformed'],
    ['claims that are no JSON', forge(header, '{'), 'malformed'],
    ['no exp', forge(header, endless), 'bad_claims'],
    ['exp as a string', forge(header, { ...claims, exp: String(claims.exp) }), 'bad_claims'],
    ['exp as null', forge(header, { ...claims, exp: null }), 'bad_claims'],
    ['exp beyond all numbers', forge(header, JSON.stringify(claims).replace(String(claims.exp), '1e999')), 'bad_claims'],
    ['exp before the epoch', forge(header, { ...claims, exp: -1 }), 'bad_claims'],
    ['exp beyond all dates', forge(header, { ...claims, exp: 9e15 }), 'bad_claims'],
    ['exp in year 9999', forge(header, { ...claims, exp: 253_402_300_799 }), 'lifetime_too_long'],
    [
      'a lifetime hidden behind a late iat',
      forge(header, { ...claims, exp: seconds + 90_000, iat: seconds + 80_000 }),
      'lifetime_too_long',
    ],
    ['a lifetime one second too long', forge(header, { ...claims, exp: seconds + 86_401 }), 'lifetime_too_long'],
    [
      'exp more than the leeway ago',
      forge(header, { ...claims, iat: seconds - 60, nbf: seconds - 60, exp: seconds - 5 }),
      'expired',
    ],
    ['nbf in the future', forge(header, { ...claims, nbf: seconds + 6 }), 'not_yet_valid'],
    ['iat in the future', forge(header, { ...claims, iat: seconds + 6 }), 'not_yet_valid'],
    ['no nbf', forge(header, beginless), 'bad_claims'],
    ['nbf as a string', forge(header, { ...claims, nbf: '0' }), 'bad_claims'],
    ['another issuer', forge(header, { ...claims, iss: 'https://evil.example' }), 'wrong_issuer'],
    ['an issuer that is a list', forge(header, { ...claims, iss: ['sandfleet'] }), 'wrong_issuer'],
    ['another audience', forge(header, { ...claims, aud: 'another-uid' }), 'wrong_audience'],
    ['an audience that is a list', forge(header, { ...claims, aud: [UID, 'another-uid'] }), 'bad_claims'],
    ['no audience', forge(header, { ...claims, aud: undefined }), 'bad_claims'],
    ['an empty principal', forge(header, { ...claims, sub: '' }), 'bad_claims'],
    ['a scope that is a list', forge(header, { ...claims, scope: ['rest'] }), 'bad_claims'],
    ['a token over 8 KiB', forge(header, { ...claims, padding: 'x'.repeat(9000) }), 'too_long'],
  ];
  it.for(attacks)('refuses %s', async ([, token, reason]) => {
    const result = await verifySandboxToken(keys, token, options);
    expect(result).toMatchObject({ ok: false, reason });
    const code = reason === 'wrong_audience' ? 'WRONG_SANDBOX' : 'UNAUTHENTICATED';
    expect(result).toMatchObject({ error: { code } });
    // A second look at the same token goes through the memory of good signatures, and ends the same way.
    expect(await verifySandboxToken(keys, token, options)).toMatchObject({ ok: false, reason });
  });

  it('remembers a signature, and not that the token was valid', async () => {
    const at = (later: number) => ({ ...options, now: new Date(now.getTime() + later * 1000) });
    expect((await verifySandboxToken(keys, good, at(64))).ok).toBe(true);
    expect(await verifySandboxToken(keys, good, at(65))).toMatchObject({ ok: false, reason: 'expired' });
    expect(await verifySandboxToken(keys, good, { ...options, audience: 'b' })).toMatchObject({
      ok: false,
      reason: 'wrong_audience',
    });
    expect(await verifyTicket(keys, good, options)).toMatchObject({ ok: false, reason: 'wrong_type' });
  });

  it('gives the claims of a token for another sandbox, so that one that is gone can be told apart', async () => {
    expect(await verifySandboxToken(keys, good, { ...options, audience: 'b' })).toMatchObject({
      claims: { sandboxUid: UID, sandbox: 'a' },
    });
  });

  it('drops surfaces from the scope that it does not know', async () => {
    const token = forge(header, { ...claims, scope: 'rest toaster  vnc' });
    expect(await verifySandboxToken(keys, token, options)).toMatchObject({ claims: { scope: ['rest', 'vnc'] } });
  });

  it('refuses what a dropped key signed, even when it was remembered', async () => {
    const rotating = new KeySets();
    rotating.update(entries);
    expect((await verifySandboxToken(rotating, good, options)).ok).toBe(true);
    const jwk = { ...other.privateKey.export({ format: 'jwk' }), kid: 'next', alg: 'RS256' };
    rotating.update({ ...entries, [SIGNING_KEYS.sandboxTokens]: JSON.stringify({ active: 'next', keys: [jwk] }) });
    expect(await verifySandboxToken(rotating, good, options)).toMatchObject({ ok: false, reason: 'unknown_key' });
  });
});

describe('verifySession()', () => {
  const session = { ...claims, surface: 'rest', mode: 'control' };
  it.for([
    [['vnc', 'terminal'], true],
    [[], true],
    ['vnc', false],
    [['toaster'], false],
    [[['vnc']], false],
    [{ 0: 'vnc', length: 1 }, false],
    [null, false],
    [Array<string>(9).fill('vnc'), false],
  ] as const)('reads the frames %j: %s', async ([frames, isGood]) => {
    const verified = await verifySession(keys, forge({ ...header, typ: 'session+jwt' }, { ...session, frames }), options);
    expect(verified).toMatchObject(isGood ? { ok: true, claims: { frames } } : { ok: false, reason: 'bad_claims' });
  });
});

describe('no kind of token passes for another', () => {
  const grant = { issuer: 'sandfleet', sandboxUid: UID, principal: 'apikey:ci', surface: 'vnc', mode: 'view', now } as const;
  const sandbox = { uid: UID, name: 'a', namespace: 'default' };
  const made: Record<string, string> = {};
  beforeAll(async () => {
    const request = { issuer: 'sandfleet', sandbox, principal: 'apikey:ci', ttlSeconds: 30, now };
    made['sandbox'] = (await mintSandboxToken(keys, request)).token;
    made['ticket'] = (await mintTicket(keys, { ...grant, ttlSeconds: 30 })).token;
    made['session'] = (await mintSession(keys, { ...grant, ttlSeconds: 3600 })).token;
    const pod = { ...grant, kid: keys.podTokens.active.kid, podUid: UID, ttlSeconds: 60 };
    made['pod'] = (await mintPodToken(keys, pod)).token;
  });
  const verify = {
    sandbox: (token: string) => verifySandboxToken(keys, token, options),
    ticket: (token: string) => verifyTicket(keys, token, options),
    session: (token: string) => verifySession(keys, token, options),
  };
  const pairs = (['sandbox', 'ticket', 'session', 'pod'] as const).flatMap((kind) =>
    (['sandbox', 'ticket', 'session'] as const).map((door) => ({ kind, door, opens: String(kind) === door })),
  );
  it.for(pairs)('a $kind token opens the door for $door tokens: $opens', async ({ kind, door, opens }) => {
    expect((await verify[door](made[kind] ?? '')).ok).toBe(opens);
  });
});
