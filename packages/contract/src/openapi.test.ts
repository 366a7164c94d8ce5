import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';

import { toOpenApi } from './openapi.ts';
import { defineContract } from './operation.ts';

const contract = defineContract({
  getThing: {
    method: 'GET',
    path: '/v1/things/{id}',
    tag: 'things',
    summary: 'Read a thing',
    params: Type.Object({ id: Type.String({ description: 'Its id' }) }),
    querystring: Type.Object({ verbose: Type.Optional(Type.Boolean()) }),
    response: Type.Object({ id: Type.String() }),
    errors: ['SANDBOX_NOT_FOUND', 'NOT_FOUND'],
  },
  addThing: {
    method: 'POST',
    path: '/v1/things',
    tag: 'things',
    summary: 'Add a thing',
    body: Type.Object({ name: Type.String() }),
    response: Type.Object({ id: Type.String() }),
  },
  ping: { method: 'GET', path: '/ping', tag: 'health', summary: 'Liveness', produces: 'text/plain', open: true },
});

const document = toOpenApi(contract, {
  title: 'Things',
  version: '1.0.0',
  description: 'All of them',
  errorMediaType: 'application/problem+json',
  errorSchema: Type.Object({}),
  commonErrors: ['UNAUTHENTICATED'],
  securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
}) as {
  paths: Record<
    string,
    Record<string, { security?: unknown; parameters: unknown; responses: Record<string, { description: string }> }>
  >;
};

describe('toOpenApi()', () => {
  it('lists parameters from the schemas, path ones as required', () => {
    expect(document.paths['/v1/things/{id}']?.['get']?.parameters).toEqual([
      { name: 'id', in: 'path', required: true, description: 'Its id', schema: { type: 'string', description: 'Its id' } },
      { name: 'verbose', in: 'query', required: false, schema: { type: 'boolean' } },
    ]);
  });

  it('groups error codes by status', () => {
    const responses = document.paths['/v1/things/{id}']?.['get']?.responses;
    expect(Object.keys(responses ?? {})).toEqual(['200', '401', '404']);
    expect(responses?.['404']?.description).toBe('Sandbox not found (SANDBOX_NOT_FOUND); Not found (NOT_FOUND)');
  });

  it('tells that a body which can’t be read is refused', () => {
    expect(Object.keys(document.paths['/v1/things']?.['post']?.responses ?? {})).toEqual(['200', '400', '401']);
  });

  it('asks for no credential where the operation is open', () => {
    const ping = document.paths['/ping']?.['get'];
    expect([ping?.security, Object.keys(ping?.responses ?? {})]).toEqual([[], ['200']]);
  });
});
