import type { SandboxPage, SandboxView } from '@sandfleet/contract/control-plane';
import { defineResource, namespaces } from '@sandfleet/kube';
import { eventually } from '@sandfleet/kube/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { VERBS } from '../../../api/src/keys/verbs.ts';
import { makeKey, revokeKey, startApi, type Problem, type RunningApi } from './support/api.ts';
import { installRelease, type Release } from './support/release.ts';

const quotas = defineResource({ group: '', version: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota', namespaced: true });

describe('tenants', () => {
  let release: Release;
  let api: RunningApi;
  let mine: string;
  let theirs: string;
  let myKey: string;
  let theirKey: string;
  beforeAll(async () => {
    release = await installRelease();
    api = await startApi(release);
    [mine, theirs] = await Promise.all([release.access.createNamespace('mine'), release.access.createNamespace('theirs')]);
    myKey = await makeKey(release, api, { name: 'mine', namespace: mine });
    theirKey = await makeKey(release, api, { name: 'theirs', namespace: theirs });
  });
  afterAll(async () => {
    await api.stop();
    await release.remove();
  });

  it("answers for another tenant's sandbox as for one that never was, whatever is asked", async () => {
    const { id } = (await api.call<SandboxView>('POST', '/v1/sandboxes', { key: theirKey })).body;
    const calls = [
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['GET', '/urls', undefined],
      ['POST', '/tokens', {}],
      ['POST', '/tickets', { surface: 'vnc' }],
    ] as const;
    for (const [method, path, body] of calls) {
      const ask = async (name: string) => {
        const answer = await api.call<Problem>(method, `/v1/sandboxes/${name}${path}`, { key: myKey, body });
        const { requestId: _requestId, ...problem } = answer.body;
        return JSON.stringify([answer.status, problem]).replaceAll(name, 'ID');
      };
      const foreign = await ask(id);
      expect(foreign).toBe(await ask('never-made'));
      expect(foreign).toContain('SANDBOX_NOT_FOUND');
    }
    expect((await api.call('GET', `/v1/sandboxes/${id}`, { key: theirKey })).status).toBe(200);
    const listed = await api.call<SandboxPage>('GET', '/v1/sandboxes', { key: myKey });
    expect(listed.body.items).toEqual([]);
  });

  it('refuses a name that another tenant has, since the URL is theirs', async () => {
    const made = await api.call('POST', '/v1/sandboxes', { key: theirKey, body: { name: 'one-url' } });
    expect(made.status).toBe(201);
    const { status, body } = await api.call<Problem>('POST', '/v1/sandboxes', { key: myKey, body: { name: 'one-url' } });
    expect([status, body.code]).toEqual([409, 'NAME_TAKEN']);
  });

  it("turns the namespace's quota into a sentence", async () => {
    const metadata = { name: 'few', namespace: mine };
    const hard = { 'count/sandboxes.sandfleet.dev': '0' };
    // No controller manager runs here that would count: the status is what admission reads.
    await release.admin.create(quotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } });
    const status = { status: { hard, used: { 'count/sandboxes.sandfleet.dev': '0' } } };
    await release.admin.patch(quotas, metadata, status, { contentType: 'application/merge-patch+json', subresource: 'status' });
    const refused = await eventually('the quota holds', async () => {
      const answer = await api.call<Problem>('POST', '/v1/sandboxes', { key: myKey });
      return answer.status === 403 ? answer : undefined;
    });
    expect(refused.body).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      detail: expect.stringContaining('The quota few of the namespace'),
    });
    await release.admin.delete(quotas, metadata);
  });

  it('tells the key of a namespace that does not exist, or is being deleted', async () => {
    const orphan = await makeKey(release, api, { name: 'orphan', namespace: 'never-made' });
    expect((await api.call<Problem>('POST', '/v1/sandboxes', { key: orphan })).body).toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
    });
    const leaving = await release.access.createNamespace('leaving');
    const key = await makeKey(release, api, { name: 'leaving', namespace: leaving });
    await release.admin.delete(namespaces, { name: leaving });
    expect((await api.call<Problem>('POST', '/v1/sandboxes', { key })).body).toMatchObject({ code: 'CONFLICT', status: 409 });
  });

  const requests = {
    'sandboxes:create': ['POST', '/v1/sandboxes', { name: 'UPPER' }],
    'sandboxes:get': ['GET', '/v1/sandboxes/never-made', undefined],
    'sandboxes:list': ['GET', '/v1/sandboxes', undefined],
    'sandboxes:delete': ['DELETE', '/v1/sandboxes/never-made', undefined],
    'tokens:create': ['POST', '/v1/sandboxes/never-made/tokens', {}],
    'tickets:create': ['POST', '/v1/sandboxes/never-made/tickets', { surface: 'vnc' }],
  } as const;
  it.for(VERBS)('a key with %s does that and nothing else', async (verb) => {
    const name = verb.replace(':', '-');
    const key = await makeKey(release, api, { name, namespace: mine, verbs: [verb] });
    const answers = VERBS.map(async (asked) => {
      const [method, path, body] = requests[asked];
      const { status, body: problem } = await api.call<Problem>(method, path, { key, body });
      return [asked, status === 403 ? problem.detail : 'let in'];
    });
    const expected = VERBS.map((asked) => [asked, asked === verb ? 'let in' : `The API key does not carry ${asked}.`]);
    expect(await Promise.all(answers)).toEqual(expected);
    const denied = api.lines.filter(
      (line) => line['audit'] === true && line['principal'] === `apikey:${name}` && line['outcome'] === 'denied:verb',
    );
    expect(denied.length).toBeGreaterThanOrEqual(3);
  });

  it('refuses a revoked key within a second, and lets the others in', async () => {
    const key = await makeKey(release, api, { name: 'short-lived', namespace: mine });
    const beforeRevocation = performance.now();
    await revokeKey(release, 'short-lived');
    await eventually('the key is refused', async () => (await api.call('GET', '/v1/sandboxes', { key })).status === 401);
    // The bound is what users are told; a busy machine is given ten times that.
    expect(performance.now() - beforeRevocation).toBeLessThan(10_000);
    expect((await api.call('GET', '/v1/sandboxes', { key: myKey })).status).toBe(200);
  });

  it('refuses a key from the moment that it expires', async () => {
    const key = await makeKey(release, api, { name: 'expiring', namespace: mine, expiresAt: new Date(Date.now() + 3000) });
    const refused = await eventually('the key has expired', async () => {
      const answer = await api.call<Problem>('GET', '/v1/sandboxes', { key });
      return answer.status === 401 ? answer : undefined;
    });
    expect(refused.body.detail).toBe('The API key has expired.');
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="sandfleet", error="invalid_token"');
  });

  it('slows down who guesses keys, and never who has one', async () => {
    const guess = () => api.call<Problem>('GET', '/v1/sandboxes', { key: `sfk_${'A'.repeat(43)}_000000` });
    const limited = await eventually('guessing is slowed down', async () => {
      const answer = await guess();
      return answer.status === 429 ? answer : undefined;
    });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api.call('GET', '/v1/sandboxes', { key: myKey })).status).toBe(200);
  });
});

describe('a control plane of one namespace', () => {
  it('needs no rights elsewhere, and refuses keys of other namespaces', async () => {
    const access = await installRelease();
    const watched = await access.access.createNamespace('watched');
    await access.remove();
    const release = await installRelease({ watchNamespace: watched });
    const api = await startApi(release, { environment: { SANDFLEET_WATCH_NAMESPACE: watched } });
    const [inside, outside] = [
      await makeKey(release, api, { name: 'inside', namespace: watched }),
      await makeKey(release, api, { name: 'outside', namespace: 'default' }),
    ];
    expect((await api.call('POST', '/v1/sandboxes', { key: inside })).status).toBe(201);
    const refused = await api.call<Problem>('GET', '/v1/sandboxes', { key: outside });
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      'The API key is for the namespace default, which this installation does not serve.',
    ]);
    await api.stop();
    await release.remove();
  });
});
