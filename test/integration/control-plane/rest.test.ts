import type { SandboxPage, SandboxView, TicketView, TokenView, UrlsView } from '@sandfleet/contract/control-plane';
import { ANNOTATIONS } from '@sandfleet/crds';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sandboxes } from '../../../api/src/control-plane/sandbox-store.ts';
import { makeKey, startApi, type Answer, type CallOptions, type Problem, type RunningApi } from './support/api.ts';
import { playOperator } from './support/play-operator.ts';
import { installRelease, type Release } from './support/release.ts';

const UNKNOWN_UID = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('the REST API', () => {
  let release: Release;
  let api: RunningApi;
  let namespace: string;
  let key: string;
  beforeAll(async () => {
    release = await installRelease();
    api = await startApi(release);
    namespace = await release.access.createNamespace('tenant');
    key = await makeKey(release, api, { name: 'ci', namespace });
  });
  afterAll(async () => {
    await api.stop();
    await release.remove();
  });

  const call = <T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> =>
    api.call<T>(method, path, { key, ...options });
  const create = async (body: unknown = {}): Promise<SandboxView> => {
    const answer = await call<SandboxView>('POST', '/v1/sandboxes', { body });
    expect(answer).toMatchObject({ status: 201 });
    return answer.body;
  };

  it('creates a sandbox of nothing but defaults, with a name that it makes up', async () => {
    const answer = await call<SandboxView>('POST', '/v1/sandboxes');
    const { id, uid } = answer.body;
    expect(answer.status).toBe(201);
    expect(id).toMatch(/^sbx-[a-z2-7]{10}$/);
    expect(answer.headers.get('location')).toBe(`/v1/sandboxes/${id}`);
    expect(answer.body).toMatchObject({
      uid: UNKNOWN_UID,
      name: id,
      namespace,
      phase: 'Pending',
      ready: false,
      url: `http://gateway.example:30080/s/${id}/`,
      image: null,
      expiresAt: null,
      network: { egress: { mode: 'Internet' } },
      metadata: {},
    });
    const stored = await release.admin.get(sandboxes, { namespace, name: id });
    expect([stored.metadata.uid, stored.spec.operatingMode]).toEqual([uid, 'Running']);
  });

  it('writes what was asked for into the Sandbox', async () => {
    const view = await create({
      name: 'asked-for',
      image: 'registry.example/team/sandbox:1.2',
      resources: { requests: { cpu: '250m' }, limits: { cpu: 1, memory: '512Mi' } },
      env: { GREETING: 'hello $(HOME)', EMPTY: '' },
      metadata: { task: 'demo', 'a key': 'ünicode' },
      network: { egress: { mode: 'Restricted', cidrs: ['203.0.113.0/24'] } },
      workspace: { size: '2Gi', retention: 'Retain' },
      template: 'default',
    });
    const { spec, metadata } = await release.admin.get(sandboxes, { namespace, name: 'asked-for' });
    expect(spec).toMatchObject({
      image: 'registry.example/team/sandbox:1.2',
      resources: { requests: { cpu: '250m' }, limits: { cpu: 1, memory: '512Mi' } },
      env: [
        { name: 'GREETING', value: 'hello $(HOME)' },
        { name: 'EMPTY', value: '' },
      ],
      network: { egress: { mode: 'Restricted', cidrs: ['203.0.113.0/24'] } },
      workspace: { size: '2Gi', retention: 'Retain' },
    });
    expect(JSON.parse(metadata.annotations?.[ANNOTATIONS.metadata] ?? '')).toEqual({ task: 'demo', 'a key': 'ünicode' });
    expect(view).toMatchObject({ metadata: { task: 'demo' }, resources: { limits: { cpu: '1' } }, workspace: { size: '2Gi' } });
    expect(JSON.stringify(view)).not.toContain('hello');
  });

  it('shows the state that the operator writes, with the reason of a failure', async () => {
    const { id } = await create();
    await playOperator(release.admin, {
      namespace,
      name: id,
      phase: 'Failed',
      reason: 'ImagePullFailed',
      message: 'No such image.',
    });
    await expect
      .poll(async () => (await call<SandboxView>('GET', `/v1/sandboxes/${id}`)).body, { timeout: 120_000 })
      .toMatchObject({ phase: 'Failed', ready: false, reason: 'ImagePullFailed', message: 'No such image.' });
  });

  it('deletes a sandbox, and the id is free again', async () => {
    const { id, uid } = await create({ name: 'again' });
    const { status, body } = await call('DELETE', `/v1/sandboxes/${id}`);
    expect([status, body]).toEqual([204, '']);
    expect((await call('GET', `/v1/sandboxes/${id}`)).status).toBe(404);
    expect((await call<Problem>('DELETE', `/v1/sandboxes/${id}`)).body.code).toBe('SANDBOX_NOT_FOUND');
    expect((await create({ name: 'again' })).uid).not.toBe(uid);
  });

  it('shows one that a finalizer holds as Terminating, and opens it no more', async () => {
    const { id } = await create();
    const finalizers = (list: readonly string[]) =>
      release.admin.patch(
        sandboxes,
        { namespace, name: id },
        { metadata: { finalizers: list } },
        { contentType: 'application/merge-patch+json' },
      );
    await finalizers(['test.example/hold']);
    expect((await call('DELETE', `/v1/sandboxes/${id}`)).status).toBe(204);
    expect((await call<SandboxView>('GET', `/v1/sandboxes/${id}`)).body).toMatchObject({ phase: 'Terminating', ready: false });
    expect((await call<Problem>('POST', `/v1/sandboxes/${id}/tokens`)).body.code).toBe('SANDBOX_GONE');
    await finalizers([]);
  });

  it('refuses a name that is taken', async () => {
    await create({ name: 'taken' });
    const { status, body } = await call<Problem>('POST', '/v1/sandboxes', { body: { name: 'taken' } });
    expect([status, body.code, body.errors?.[0]?.field]).toEqual([409, 'NAME_TAKEN', 'body.name']);
  });

  it('walks through pages in one order, each sandbox once', async () => {
    const tenant = await release.access.createNamespace('pages');
    const pager = await makeKey(release, api, { name: 'pager', namespace: tenant });
    const made: string[] = [];
    for (let i = 0; i < 7; i += 1) made.push((await call<SandboxView>('POST', '/v1/sandboxes', { key: pager })).body.id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body }: Answer<SandboxPage> = await call('GET', `/v1/sandboxes?limit=3${query}`, { key: pager });
      expect(body.items.length).toBeLessThanOrEqual(3);
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(made.toSorted());
    expect(new Set(seen).size).toBe(7);
  });

  it('issues tokens that its published keys verify, for this incarnation of the sandbox alone', async () => {
    const { id, uid } = await create();
    const { status, body, headers } = await call<TokenView>('POST', `/v1/sandboxes/${id}/tokens`, {
      body: { ttlSeconds: 60, scope: 'rest vnc rest' },
    });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    const jwks = (await api.call<JSONWebKeySet>('GET', '/.well-known/jwks.json')).body;
    const verified = await jwtVerify(body.token, createLocalJWKSet(jwks), {
      algorithms: ['RS256'],
      issuer: 'sandfleet',
      audience: uid,
    });
    expect(verified.protectedHeader.typ).toBe('sandbox+jwt');
    expect(verified.payload).toMatchObject({ sub: 'apikey:ci', sandbox: id, namespace, scope: 'rest vnc' });
    expect((verified.payload.exp ?? 0) - (verified.payload.iat ?? 0)).toBe(60);
    expect(new Date(body.expiresAt).getTime()).toBe((verified.payload.exp ?? 0) * 1000);
  });

  it('issues tickets with the URL that redeems them', async () => {
    const { id } = await create();
    const { status, body } = await call<TicketView>('POST', `/v1/sandboxes/${id}/tickets`, {
      body: { surface: 'preview', port: 3000, mode: 'view' },
    });
    expect([status, body.expiresIn]).toEqual([201, 30]);
    expect(body.url).toBe(`http://gateway.example:30080/s/${id}/proxy/3000/?ticket=${body.ticket}`);
  });

  it.for([
    [{ surface: 'rest' }, ['vnc', 'codeServer', 'jupyter', 'terminal', 'preview']],
    [{ surface: 'rest', mode: 'view' }, ['vnc']],
    [{ surface: 'vnc' }, undefined],
  ] as const)('issues a ticket %o that opens what its page shows: %o', async ([body, frames]) => {
    const { id } = await create();
    const answer = await call<TicketView>('POST', `/v1/sandboxes/${id}/tickets`, { body });
    expect(decodeJwt(answer.body.ticket)['frames']).toEqual(frames);
  });

  it('lists the URLs of the surfaces', async () => {
    const { id } = await create();
    const { body } = await call<UrlsView>('GET', `/v1/sandboxes/${id}/urls`);
    expect(body.base).toBe(`http://gateway.example:30080/s/${id}/`);
    expect(body.surfaces.rest).toBe(`http://gateway.example:30080/s/${id}`);
  });

  const bodies: readonly (readonly [string, unknown, string])[] = [
    ['a name that is no DNS label', { name: 'Not_A_Label' }, 'body.name'],
    ['a name that reads as the prefix of a port', { name: '80-a' }, 'body.name'],
    ['a name that is too long', { name: 'a'.repeat(64) }, 'body.name'],
    ['a name that is a number', { name: 5 }, 'body.name'],
    ['an unknown field', { privileged: true }, 'body.privileged'],
    ['an unknown field further in', { resources: { limits: { 'nvidia.com/gpu': 1 } } }, 'body.resources.limits.nvidia.com/gpu'],
    ['an environment that is a list', { env: [{ name: 'A', value: 'b' }] }, 'body.env'],
    ['a variable that is a number', { env: { A: 1 } }, 'body.env.A'],
    ['a reserved variable', { env: { OK: '', LD_PRELOAD: '/tmp/x.so' } }, 'body.env.LD_PRELOAD'],
    ['a variable with a bad name', { env: { 'A=B': '' } }, 'body.env.A=B'],
    ['too many variables', { env: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`A${i}`, ''])) }, 'body.env'],
    ['a quantity that is none', { resources: { limits: { memory: 'much' } } }, 'body.resources.limits.memory'],
    ['a request over its limit', { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }, 'body.resources.requests.cpu'],
    ['an image with a space', { image: 'a b' }, 'body.image'],
    ['a mode that does not exist', { network: { egress: { mode: 'Maybe' } } }, 'body.network.egress.mode'],
    [
      'a range that is none',
      { network: { egress: { mode: 'Restricted', cidrs: ['10.0.0.0/40'] } } },
      'body.network.egress.cidrs.0',
    ],
    [
      'the metadata address',
      { network: { egress: { mode: 'Restricted', cidrs: ['169.254.169.254/32'] } } },
      'body.network.egress.cidrs.0',
    ],
    [
      'domains',
      { network: { egress: { mode: 'Restricted', cidrs: ['192.0.2.0/24'], domains: ['a.example'] } } },
      'body.network.egress.domains',
    ],
    ['a workspace without a size that is one', { workspace: { size: 'big' } }, 'body.workspace.size'],
    ['metadata that is too long', { metadata: { a: 'x'.repeat(1025) } }, 'body.metadata.a'],
    ['too much metadata', { metadata: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, ''])) }, 'body.metadata'],
    ['a long key in metadata', { metadata: { ['k'.repeat(64)]: '' } }, 'body.metadata'],
    ['another template', { template: 'gpu' }, 'body.template'],
    ['a lifetime', { lifetime: { ttlSeconds: 5 } }, 'body.lifetime'],
    ['ports', { ports: [{ port: 80 }] }, 'body.ports'],
    ['a wait that is too long', { wait: 301 }, 'body.wait'],
    ['a wait that is a text', { wait: '5' }, 'body.wait'],
    ['a list for a body', [], 'body'],
  ];
  it.for(bodies)('refuses %s with 422 and names it', async ([, body, field]) => {
    const { status, headers, body: problem } = await call<Problem>('POST', '/v1/sandboxes', { body });
    expect([status, problem.code]).toEqual([422, 'VALIDATION_FAILED']);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(problem.errors?.map((error) => error.field)).toContain(field);
    expect(problem.errors?.every(({ message }) => message.length > 5)).toBe(true);
    expect(problem).toMatchObject({ requestId: headers.get('x-request-id'), remediation: expect.any(String) });
  });

  const json = { 'content-type': 'application/json' };
  const requests: readonly (readonly [string, string, string, CallOptions, number, string])[] = [
    ['JSON that ends early', 'POST', '/v1/sandboxes', { body: '{"name":' }, 400, 'BAD_REQUEST'],
    ['JSON that is half a million lists deep', 'POST', '/v1/sandboxes', { body: '['.repeat(500_000) }, 400, 'BAD_REQUEST'],
    [
      'a field that is 400,000 lists deep',
      'POST',
      '/v1/sandboxes',
      { body: `{"lifetime":${'['.repeat(400_000)}${']'.repeat(400_000)}}` },
      422,
      'VALIDATION_FAILED',
    ],
    ['a prototype', 'POST', '/v1/sandboxes', { body: '{"__proto__":{"a":1}}' }, 400, 'BAD_REQUEST'],
    ['a body over 1 MiB', 'POST', '/v1/sandboxes', { body: { env: { A: 'x'.repeat(1_048_576) } } }, 413, 'PAYLOAD_TOO_LARGE'],
    ['text', 'POST', '/v1/sandboxes', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      'POST',
      '/v1/sandboxes',
      { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a limit of zero', 'GET', '/v1/sandboxes?limit=0', {}, 422, 'VALIDATION_FAILED'],
    ['a limit of 101', 'GET', '/v1/sandboxes?limit=101', {}, 422, 'VALIDATION_FAILED'],
    ['an unknown parameter', 'GET', '/v1/sandboxes?namespace=kube-system', {}, 422, 'VALIDATION_FAILED'],
    ['a cursor that is not ours', 'GET', '/v1/sandboxes?cursor=AAAA', {}, 422, 'VALIDATION_FAILED'],
    ['an id that was never made', 'GET', '/v1/sandboxes/never-made', {}, 404, 'SANDBOX_NOT_FOUND'],
    ['an id that climbs', 'GET', '/v1/sandboxes/..%2f..%2fsecrets', {}, 404, 'SANDBOX_NOT_FOUND'],
    ['an id with a NUL', 'GET', '/v1/sandboxes/a%00b', {}, 404, 'SANDBOX_NOT_FOUND'],
    ['the URLs of nothing', 'GET', '/v1/sandboxes/never-made/urls', {}, 404, 'SANDBOX_NOT_FOUND'],
    ['a token for nothing', 'POST', '/v1/sandboxes/never-made/tokens', { body: {} }, 404, 'SANDBOX_NOT_FOUND'],
    ['a ticket for nothing', 'POST', '/v1/sandboxes/never-made/tickets', { body: { surface: 'vnc' } }, 404, 'SANDBOX_NOT_FOUND'],
    ['a ticket for no surface', 'POST', '/v1/sandboxes/x/tickets', { body: {} }, 422, 'VALIDATION_FAILED'],
    ['a ticket without a body', 'POST', '/v1/sandboxes/x/tickets', {}, 422, 'VALIDATION_FAILED'],
    ['a ticket for a toaster', 'POST', '/v1/sandboxes/x/tickets', { body: { surface: 'toaster' } }, 422, 'VALIDATION_FAILED'],
    [
      'a ticket that lives too long',
      'POST',
      '/v1/sandboxes/x/tickets',
      { body: { surface: 'vnc', ttlSeconds: 61 } },
      422,
      'VALIDATION_FAILED',
    ],
    ['a preview of no port', 'POST', '/v1/sandboxes/x/tickets', { body: { surface: 'preview' } }, 422, 'VALIDATION_FAILED'],
    ['a port of the screen', 'POST', '/v1/sandboxes/x/tickets', { body: { surface: 'vnc', port: 1 } }, 422, 'VALIDATION_FAILED'],
    ['a token that lives too long', 'POST', '/v1/sandboxes/x/tokens', { body: { ttlSeconds: 86_401 } }, 422, 'VALIDATION_FAILED'],
    ['a token that lives no time', 'POST', '/v1/sandboxes/x/tokens', { body: { ttlSeconds: 0 } }, 422, 'VALIDATION_FAILED'],
    ['an unknown scope', 'POST', '/v1/sandboxes/x/tokens', { body: { scope: 'rest root' } }, 422, 'VALIDATION_FAILED'],
    ['an empty scope', 'POST', '/v1/sandboxes/x/tokens', { body: { scope: '' } }, 422, 'VALIDATION_FAILED'],
    ['another method', 'PUT', '/v1/sandboxes', { headers: json, body: {} }, 404, 'NOT_FOUND'],
    ['metrics', 'GET', '/metrics', {}, 404, 'NOT_FOUND'],
  ];
  it.for(requests)('refuses %s', async ([, method, path, options, status, code]) => {
    const answer = await call<Problem>(method, path, options);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.stringify(answer.body)).not.toMatch(/\.ts:|node_modules|at Object/);
  });

  it('sends headers that keep pages away, and lets no other site read its answers', async () => {
    const headers = { origin: 'https://evil.example' };
    const answer = await call('GET', '/v1/sandboxes', { headers });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    const preflight = await api.call('OPTIONS', '/v1/sandboxes', {
      headers: { ...headers, 'access-control-request-method': 'POST' },
    });
    for (const { headers: sent } of [answer, preflight])
      expect([...sent.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('lets no one look at heads either without a key', async () => {
    for (const path of ['/v1/sandboxes', '/v1/sandboxes/never-made']) expect((await api.call('HEAD', path)).status).toBe(401);
  });

  it('takes over a sane request id and replaces any other', async () => {
    const id = async (given: string) =>
      (await call('GET', '/v1/sandboxes', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    expect(await id('trace-42.a:b')).toBe('trace-42.a:b');
    expect(await id('<script>')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is honest about its own state, on the open port and on that of the administrator', async () => {
    expect((await api.call('GET', '/healthz')).body).toBe('ok\n');
    expect((await api.call('GET', '/version')).body).toEqual({ name: 'sandfleet', version: '0.0.0-test' });
    const ready = await (await fetch(`${api.adminUrl}/readyz`)).text();
    expect(ready).toBe('[+] signing keys\n[+] api keys\n[+] sandboxes\n[+] running\n');
    const metrics = await (await fetch(`${api.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/sandfleet_auth_decisions_total\{result="allowed",reason="ok"\} [1-9]/);
    expect(metrics).toMatch(/sandfleet_tokens_issued_total\{kind="sandbox"\} [1-9]/);
    expect(metrics).toMatch(/http_request_duration_seconds_count\{method="GET",route="\/v1\/sandboxes\/:id",code="200"\} [1-9]/);
    expect(metrics).not.toContain('asked-for');
  });

  it('publishes an OpenAPI document of all that it serves', async () => {
    interface Document {
      readonly openapi: string;
      readonly paths: Record<
        string,
        Record<string, { operationId: string; security?: unknown; responses: Record<string, unknown> }>
      >;
      readonly components: { readonly securitySchemes: Record<string, unknown> };
    }
    const { body } = await api.call<Document>('GET', '/openapi.json');
    expect([body.openapi, Object.keys(body.components.securitySchemes)]).toEqual(['3.1.0', ['bearer', 'apiKey']]);
    const operations = Object.values(body.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(operations).toHaveLength(12);
    expect(Object.keys(body.paths['/v1/sandboxes']?.['post']?.responses ?? {})).toEqual(
      expect.arrayContaining(['201', '401', '403', '409', '413', '415', '422', '429', '503']),
    );
  });

  it('writes who did what into the audit log, and no secret into any log', async () => {
    const { id, uid } = await create({ env: { PASSWORD: 'hunter2' } });
    const { token } = (await call<TokenView>('POST', `/v1/sandboxes/${id}/tokens`)).body;
    const { ticket } = (await call<TicketView>('POST', `/v1/sandboxes/${id}/tickets`, { body: { surface: 'vnc' } })).body;
    await call('DELETE', `/v1/sandboxes/${id}`);
    await call('DELETE', `/v1/sandboxes/${id}`);
    const audit = api.lines.filter((line) => line['audit'] === true && line['sandbox'] === id);
    expect(
      audit.map(({ action, outcome, principal, namespace: at, sandboxUid }) => [action, outcome, principal, at, sandboxUid]),
    ).toEqual([
      ['sandbox.create', 'done', 'apikey:ci', namespace, uid],
      ['token.create', 'done', 'apikey:ci', namespace, uid],
      ['ticket.create', 'done', 'apikey:ci', namespace, uid],
      ['sandbox.delete', 'done', 'apikey:ci', namespace, uid],
      ['sandbox.delete', 'SANDBOX_NOT_FOUND', 'apikey:ci', namespace, undefined],
    ]);
    const text = JSON.stringify(api.lines);
    for (const secret of [key, token, ticket, 'hunter2']) expect(text).not.toContain(secret);
  });
});
