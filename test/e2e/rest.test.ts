import { afterAll, describe, expect, it } from 'vitest';

import { rest, type Problem, type SandboxView } from './support/control-plane.ts';
import { TestSandbox } from './support/sandbox.ts';
import { cluster } from './support/cluster.ts';

describe('the control plane', () => {
  const made: TestSandbox[] = [];
  afterAll(async () => {
    await Promise.all(made.map((sandbox) => sandbox.delete()));
  });

  it('creates, lists, shows and deletes a sandbox', async () => {
    const sandbox = await TestSandbox.create({ metadata: { task: 'rest' }, env: { GREETING: 'hello $(HOME)' } });
    expect(sandbox.view).toMatchObject({ ready: true, phase: 'Ready', namespace: 'default' });
    expect(sandbox.view.url).toContain(sandbox.id);
    expect((await sandbox.exec('printf %s "$GREETING"')).output).toBe('hello $(HOME)');

    const listed = await rest<{ items: SandboxView[] }>('GET', '/v1/sandboxes?limit=100');
    expect(listed.body.items.map(({ id }) => id)).toContain(sandbox.id);
    expect((await rest<SandboxView>('GET', `/v1/sandboxes/${sandbox.id}`)).body.uid).toBe(sandbox.view.uid);

    const urls = await rest<{ base: string; surfaces: Record<string, string> }>('GET', `/v1/sandboxes/${sandbox.id}/urls`);
    expect(Object.keys(urls.body.surfaces).toSorted()).toEqual([
      'cdp',
      'codeServer',
      'jupyter',
      'mcp',
      'preview',
      'rest',
      'terminal',
      'vnc',
    ]);

    expect((await sandbox.delete()).status).toBe(204);
    expect((await rest('GET', `/v1/sandboxes/${sandbox.id}`)).status).toBe(404);
  });

  const refused: readonly (readonly [string, unknown, string])[] = [
    ['a name that is no DNS label', { name: 'Not_A_Label' }, 'name'],
    ['an environment that is a list', { env: [{ name: 'A', value: 'b' }] }, 'env'],
    ['a reserved variable', { env: { LD_PRELOAD: '/tmp/x.so' } }, 'env'],
    ['a field that does not exist', { privileged: true }, 'privileged'],
    ['a quantity that is none', { resources: { limits: { memory: 'much' } } }, 'resources'],
    ['a lifetime, which is not built yet', { lifetime: { ttlSeconds: 5 } }, 'lifetime'],
    ['a wait that is too long', { wait: 100_000 }, 'wait'],
  ];
  it.for(refused)('refuses %s and names the field', async ([, body, field]) => {
    const { status, headers, body: problem } = await rest<Problem>('POST', '/v1/sandboxes', { body });
    expect([status, headers.get('content-type')]).toEqual([422, expect.stringContaining('application/problem+json')]);
    expect(problem.code).toBe('VALIDATION_FAILED');
    expect(problem.errors?.map((error) => error.field).join(' ')).toContain(field);
  });

  it('answers 401 without a key and with one that is not there, 404 for an id that is not there', async () => {
    for (const headers of [{}, { authorization: 'Bearer sfk_nothing' }, { 'x-api-key': `sfk_${'A'.repeat(43)}_000000` }]) {
      const { status, body } = await rest<Problem>('GET', '/v1/sandboxes', { headers });
      expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/urls'],
      ['POST', '/tokens'],
    ] as const) {
      const answer = await rest<Problem>(method, `/v1/sandboxes/never-made${path}`, method === 'POST' ? { body: {} } : {});
      expect([answer.status, answer.body.code]).toEqual([404, 'SANDBOX_NOT_FOUND']);
    }
  });

  it('refuses a name that is taken', async () => {
    const sandbox = await TestSandbox.create({ name: 'taken-once' });
    made.push(sandbox);
    const again = await rest<Problem>('POST', '/v1/sandboxes', { body: { name: 'taken-once' } });
    expect([again.status, again.body.code]).toEqual([409, 'NAME_TAKEN']);
  });

  it('publishes its OpenAPI document and its public keys, and no private one', async () => {
    const document = await rest<{ openapi: string; paths: Record<string, unknown> }>('GET', '/openapi.json', { headers: {} });
    expect(document.body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.body.paths)).toContain('/v1/sandboxes/{id}/tickets');
    const jwks = await rest<{ keys: Record<string, unknown>[] }>('GET', '/.well-known/jwks.json', { headers: {} });
    expect(jwks.body.keys.length).toBeGreaterThan(0);
    for (const key of jwks.body.keys) expect(Object.keys(key)).not.toContain('d');
  });

  it('serves no metrics to strangers', async () => {
    const { apiUrl, gatewayUrl } = cluster();
    expect((await fetch(new URL('/metrics', apiUrl))).status).toBeGreaterThanOrEqual(400);
    expect((await fetch(new URL('/metrics', gatewayUrl))).status).toBeGreaterThanOrEqual(400);
  });
});
