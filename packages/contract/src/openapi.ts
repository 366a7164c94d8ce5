import type { TSchema } from 'typebox';

import { ERRORS, type ErrorCode } from './errors.ts';
import type { Contract, Operation } from './operation.ts';

export interface OpenApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** Media type of error bodies: `application/problem+json` or `application/json`. */
  readonly errorMediaType: string;
  readonly errorSchema: TSchema;
  /** Codes that every operation may answer with. */
  readonly commonErrors: readonly ErrorCode[];
  readonly securitySchemes: Readonly<Record<string, unknown>>;
}

/** Makes the OpenAPI 3.1 document of a contract: plain JSON, ready to serve. */
export function toOpenApi(contract: Contract, info: OpenApiInfo): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, operation] of Object.entries(contract)) {
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = toOperation(operationId, operation, info);
  }
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: info.version, description: info.description },
    tags: [...new Set(Object.values(contract).map((operation) => operation.tag))].map((name) => ({ name })),
    paths,
    components: { securitySchemes: info.securitySchemes, schemas: { Error: info.errorSchema } },
    security: Object.keys(info.securitySchemes).map((name) => ({ [name]: [] })),
  };
}

function toOperation(operationId: string, operation: Operation, info: OpenApiInfo): Record<string, unknown> {
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...(operation.open ? { security: [] } : {}),
    parameters: [...parametersOf('path', operation.params), ...parametersOf('query', operation.querystring)],
    ...(operation.body === undefined ? {} : { requestBody: requestBodyOf(operation, operation.body) }),
    responses: { [String(operation.status ?? 200)]: successOf(operation), ...failuresOf(operation, info) },
  };
}

function requestBodyOf(operation: Operation, schema: TSchema): unknown {
  const mediaType = operation.consumes ?? 'application/json';
  return { required: operation.bodyOptional !== true, content: { [mediaType]: { schema } } };
}

function successOf(operation: Operation): unknown {
  if (operation.produces !== undefined) {
    const mediaTypes = [operation.produces].flat();
    return { description: operation.summary, content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: {} }])) };
  }
  if (operation.response === undefined) return { description: 'Done' };
  return { description: operation.summary, content: { 'application/json': { schema: operation.response } } };
}

function failuresOf(operation: Operation, info: OpenApiInfo): Record<string, unknown> {
  const common = info.commonErrors.filter((code) => !(operation.open && code === 'UNAUTHENTICATED'));
  const byStatus = new Map<number, ErrorCode[]>();
  // A body may be none of its media type before any schema looks at it.
  const unreadable: readonly ErrorCode[] = operation.body === undefined ? [] : ['BAD_REQUEST'];
  for (const code of new Set([...common, ...unreadable, ...(operation.errors ?? [])])) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { [info.errorMediaType]: { schema: { $ref: '#/components/schemas/Error' } } };
  const describe = (codes: readonly ErrorCode[]) => codes.map((code) => `${ERRORS[code].title} (${code})`).join('; ');
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, codes]) => [String(status), { description: describe(codes), content }]),
  );
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, TSchema & { readonly description?: string }>>;
  readonly required?: readonly string[];
}

function parametersOf(location: 'path' | 'query', schema: TSchema | undefined): unknown[] {
  if (schema === undefined) return [];
  // Parameters are always declared as an object schema; TypeBox's TSchema does not say so.
  const { properties = {}, required = [] } = schema as ObjectSchema;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: location,
    required: location === 'path' || required.includes(name),
    ...(property.description === undefined ? {} : { description: property.description }),
    schema: property,
  }));
}
