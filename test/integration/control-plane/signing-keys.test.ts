import type { SandboxView, TokenView } from '@sandfleet/contract/control-plane';
import { PUBLIC_KEYS } from '@sandfleet/crds';
import { configMaps, secrets, type Secret } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { generateKeySet } from '../../../api/src/tokens/key-set.ts';
import { SIGNING_KEYS } from '../../../api/src/tokens/key-sets.ts';
import { makeKey, startApi, type Problem, type RunningApi } from './support/api.ts';
import { installRelease, type Release } from './support/release.ts';

const SECRET = 'sandfleet-keys';
const CONFIG_MAP = 'sandfleet-public-keys';

interface SerialisedSet {
  readonly active: string;
  readonly keys: readonly Record<string, unknown>[];
}

describe('the signing keys', () => {
  let release: Release;
  let replicas: readonly RunningApi[];
  let api: RunningApi;
  let key: string;
  let id: string;
  beforeAll(async () => {
    release = await installRelease();
    replicas = await Promise.all([startApi(release), startApi(release), startApi(release)]);
    api = replicas[0] as RunningApi;
    const namespace = await release.access.createNamespace('tenant');
    key = await makeKey(release, api, { name: 'ci', namespace });
    id = (await api.call<SandboxView>('POST', '/v1/sandboxes', { key })).body.id;
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await release.remove();
  });

  const read = () => release.admin.get(secrets, { namespace: release.namespace, name: SECRET });
  const published = async () =>
    (await release.admin.get(configMaps, { namespace: release.namespace, name: CONFIG_MAP })).data ?? {};
  const setOf = (secret: Secret, entry: string) =>
    JSON.parse(Buffer.from(secret.data?.[entry] ?? '', 'base64').toString()) as SerialisedSet;
  const jwksOf = async (replica: RunningApi) => (await replica.call<JSONWebKeySet>('GET', '/.well-known/jwks.json')).body;
  const kidsOf = async (replica: RunningApi) => (await jwksOf(replica)).keys.map(({ kid }) => kid);
  const mint = async () => (await api.call<TokenView>('POST', `/v1/sandboxes/${id}/tokens`, { key })).body.token;
  const write = (data: Record<string, unknown>) =>
    release.admin.patch(
      secrets,
      { namespace: release.namespace, name: SECRET },
      { data },
      { contentType: 'application/merge-patch+json' },
    );
  const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

  it('are made once, though three replicas start at the same moment, and all take over the same', async () => {
    const { active } = setOf(await read(), SIGNING_KEYS.sandboxTokens);
    expect(await Promise.all(replicas.map(kidsOf))).toEqual([[active], [active], [active]]);
    expect(replicas.flatMap(({ lines }) => lines.filter(({ msg }) => msg === 'signing keys made'))).toHaveLength(1);
  });

  it('are published without their private halves', async () => {
    await eventually('the ConfigMap is there', async () => (await published().catch(() => undefined)) !== undefined);
    const data = await published();
    expect(Object.keys(data).toSorted()).toEqual(Object.values(PUBLIC_KEYS).toSorted());
    expect(data[PUBLIC_KEYS.podTokensKid]).toBe(setOf(await read(), SIGNING_KEYS.podTokens).active);
    for (const text of [...Object.values(data), JSON.stringify(await jwksOf(api))]) {
      expect(text).not.toMatch(/"d"|"p"|"q"|PRIVATE/);
    }
  });

  it('rotate without a restart: the new key signs, and the old one still verifies', async () => {
    const old = await mint();
    const before = await read();
    const rotated = Object.entries({ [SIGNING_KEYS.sandboxTokens]: 'RS256', [SIGNING_KEYS.podTokens]: 'EdDSA' } as const).map(
      async ([entry, algorithm]) => {
        const added = JSON.parse(await generateKeySet(algorithm)) as SerialisedSet;
        return [entry, { active: added.active, keys: [...added.keys, ...setOf(before, entry).keys] }] as const;
      },
    );
    const sets = Object.fromEntries(await Promise.all(rotated));
    await write(Object.fromEntries(Object.entries(sets).map(([entry, set]) => [entry, encode(set)])));
    const active = sets[SIGNING_KEYS.sandboxTokens]?.active;
    for (const replica of replicas)
      await eventually('the new key is known', async () => (await kidsOf(replica)).includes(active));
    const fresh = await mint();
    const jwks = createLocalJWKSet(await jwksOf(api));
    expect((await jwtVerify(fresh, jwks)).protectedHeader.kid).toBe(active);
    expect((await jwtVerify(old, jwks)).protectedHeader.kid).not.toBe(active);
    const podKid = sets[SIGNING_KEYS.podTokens]?.active;
    await eventually('the new pod key is published', async () => (await published())[PUBLIC_KEYS.podTokensKid] === podKid);
  });

  it('stay in use when the Secret is broken, and the log says so without quoting it', async () => {
    const kids = await kidsOf(api);
    const before = await read();
    await write({ [SIGNING_KEYS.sandboxTokens]: encode('{"active":"x","keys":[],"secret":"hunter2"}') });
    const isTold = ({ lines }: RunningApi) => lines.some(({ msg }) => msg === 'the signing keys cannot be used');
    await eventually('the log tells', () => replicas.every(isTold));
    expect(await kidsOf(api)).toEqual(kids);
    expect((await mint()).split('.')).toHaveLength(3);
    expect(JSON.stringify(replicas.map(({ lines }) => lines))).not.toContain('hunter2');
    await write({ [SIGNING_KEYS.sandboxTokens]: before.data?.[SIGNING_KEYS.sandboxTokens] });
  });

  it('are published again when someone changes or deletes the ConfigMap', async () => {
    const place = { namespace: release.namespace, name: CONFIG_MAP };
    const data = await published();
    const foreign = { data: { [PUBLIC_KEYS.podTokensKid]: 'foreign' } };
    await release.admin.patch(configMaps, place, foreign, { contentType: 'application/merge-patch+json' });
    await eventually(
      'the foreign key is gone',
      async () => (await published())[PUBLIC_KEYS.podTokensKid] === data[PUBLIC_KEYS.podTokensKid],
    );
    await release.admin.delete(configMaps, place);
    await eventually('the ConfigMap is back', async () => published().catch(() => undefined));
    expect(await published()).toEqual(data);
  });

  it('are made anew when the Secret is deleted: what the old ones signed is worth nothing', async () => {
    const old = await mint();
    const [before] = await kidsOf(api);
    await release.admin.delete(secrets, { namespace: release.namespace, name: SECRET });
    await eventually('there are new keys on all replicas', async () => {
      const all = await Promise.all(replicas.map((replica) => kidsOf(replica).catch(() => [])));
      return all.every(([kid]) => kid !== undefined && kid !== before && kid === all[0]?.[0]);
    });
    await expect(jwtVerify(old, createLocalJWKSet(await jwksOf(api)))).rejects.toThrow('no applicable key found');
  });

  it('are never overwritten when they cannot be used: nothing is served instead', async () => {
    const broken = await installRelease();
    const metadata = { name: SECRET, namespace: broken.namespace };
    await broken.admin.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      data: { 'sandbox-tokens.json': encode('{}') },
    });
    const early = await startApi(broken, { early: true });
    await eventually('the log tells', () => early.lines.some(({ msg }) => msg === 'the signing keys cannot be used'));
    expect((await early.call('GET', '/readyz')).status).toBe(503);
    expect(await (await fetch(`${early.adminUrl}/readyz`)).text()).toContain('[-] signing keys');
    const refused = await early.call<Problem>('GET', '/.well-known/jwks.json');
    expect([refused.status, refused.body.code]).toEqual([503, 'NOT_READY']);
    const secret = await broken.admin.get(secrets, metadata);
    expect(Object.keys(secret.data ?? {})).toEqual(['sandbox-tokens.json']);
    await early.stop();
    await broken.remove();
  });
});
