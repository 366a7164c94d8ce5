import { writeFileSync } from 'node:fs';

import { ApiError, defineContract, type Operation } from '@sandfleet/contract';
import { Type } from 'typebox';
import { describe, expect, it, vi } from 'vitest';

import { createServer } from './create-server.ts';
import { implement } from './implement.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { PROBLEM_MEDIA_TYPE, toProblem } from './problem.ts';

const contract = defineContract({
  makeThing: {
    method: 'POST',
    path: '/v1/things/{id}',
    tag: 'things',
    summary: 'Make a thing',
    params: Type.Object({ id: Type.String() }),
    querystring: Type.Object({ count: Type.Integer({ default: 1, maximum: 5 }) }),
    body: Type.Object(
      { name: Type.Optional(Type.String()), size: Type.Optional(Type.Integer()) },
      { additionalProperties: false },
    ),
    bodyOptional: true,
    status: 201,
    response: Type.Object({ id: Type.String(), count: Type.Integer(), name: Type.Optional(Type.String()) }),
  },
  breakThing: {
    method: 'DELETE',
    path: '/v1/things/{id}',
    tag: 'things',
    summary: 'Break a thing',
    params: Type.Object({ id: Type.String() }),
    status: 204,
  },
} as const satisfies Record<string, Operation>);

function thingServer() {
  const metrics = createMetrics('test', '0.0.0');
  const app = createServer({
    log: createLogger({ name: 'test', level: 'silent' }),
    metrics,
    bodyLimit: 1024,
    errors: { mediaType: PROBLEM_MEDIA_TYPE, body: toProblem },
  });
  implement(app, contract, {
    makeThing: ({ params, query, body }) => ({ id: params.id, count: query.count, ...body }),
    breakThing: ({ params }) => {
      if (params.id === 'stone') throw new ApiError('FORBIDDEN', { message: 'Stones do not break.' });
      if (params.id === 'disk') writeFileSync('/dev/full', 'x');
      if (params.id === 'bug') throw new Error('secret detail');
    },
  });
  return { app, metrics };
}

describe('createServer()', () => {
  const refused = [
    ['a body of the wrong type', '{"size":"3"}', '', 422, 'VALIDATION_FAILED', 'body.size'],
    ['an unknown field', '{"colour":1}', '', 422, 'VALIDATION_FAILED', 'body.colour'],
    ['a query over its maximum', '{}', '?count=9', 422, 'VALIDATION_FAILED', 'query.count'],
    ['JSON that ends early', '{"size":', '', 400, 'BAD_REQUEST', undefined],
    ['a body over the limit', JSON.stringify({ name: 'x'.repeat(2000) }), '', 413, 'PAYLOAD_TOO_LARGE', undefined],
  ] as const;
  it.for(refused)('refuses %s and names it', async ([, payload, query, status, code, field]) => {
    const { app } = thingServer();
    const answer = await app.inject({
      method: 'POST',
      url: `/v1/things/a${query}`,
      headers: { 'content-type': 'application/json' },
      payload,
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const problem = answer.json<{ code: string; errors?: { field: string }[] }>();
    expect(problem.code).toBe(code);
    expect(problem.errors?.[0]?.field).toBe(field);
  });

  it('takes an empty JSON body for an empty object', async () => {
    const { app } = thingServer();
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/things/a?count=2',
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.statusCode, answer.json()]).toEqual([201, { id: 'a', count: 2 }]);
  });

  it('takes no body at all where the operation says so', async () => {
    const { app } = thingServer();
    const answer = await app.inject({ method: 'POST', url: '/v1/things/a' });
    expect(answer.statusCode).toBe(201);
  });

  it('answers an ApiError as a problem with its code', async () => {
    const { app } = thingServer();
    const answer = await app.inject({
      method: 'DELETE',
      url: '/v1/things/stone?ticket=abc',
      headers: { 'x-request-id': 'req-1' },
    });
    expect(answer.json()).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      detail: 'Stones do not break.',
      instance: '/v1/things/stone',
      requestId: 'req-1',
    });
  });

  it('hides what an unexpected error says', async () => {
    const { app } = thingServer();
    const answer = await app.inject({ method: 'DELETE', url: '/v1/things/bug' });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret detail');
  });

  it('says of a full disk that it is full', async () => {
    const { app } = thingServer();
    const answer = await app.inject({ method: 'DELETE', url: '/v1/things/disk' });
    expect(answer.json()).toMatchObject({ status: 507, code: 'STORAGE_FULL', detail: 'There is no space left on the disk.' });
    expect(answer.body).not.toContain('/dev/full');
  });

  it('answers 204 without a body, and 404 for a route that is not there', async () => {
    const { app } = thingServer();
    const gone = await app.inject({ method: 'DELETE', url: '/v1/things/a' });
    expect([gone.statusCode, gone.body]).toEqual([204, '']);
    expect((await app.inject({ url: '/nowhere' })).json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  it('replaces a request id that is not plain text', async () => {
    const { app } = thingServer();
    const answer = await app.inject({ url: '/x', headers: { 'x-request-id': 'a b"c' } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('counts requests by route pattern, never by path', async () => {
    const { app, metrics } = thingServer();
    await app.inject({ method: 'DELETE', url: '/v1/things/very-private-id' });
    const text = await metrics.metrics();
    expect(text).toContain('route="/v1/things/:id"');
    expect(text).not.toContain('very-private-id');
  });
});

describe('closing a server', () => {
  it('waits for what is still to be ended, however long that takes', async () => {
    vi.useFakeTimers();
    try {
      const { app } = thingServer();
      let end = () => {};
      const ended = new Promise<void>((resolve) => (end = resolve));
      app.addHook('preClose', () => ended);
      await app.ready();
      const closed = app.close();
      await vi.advanceTimersByTimeAsync(3_600_000);
      end();
      await expect(closed).resolves.toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });
});
