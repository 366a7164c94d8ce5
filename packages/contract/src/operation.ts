import type { Static, TSchema } from 'typebox';

import type { ErrorCode } from './errors.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One operation of an HTTP API: the single source for its route, validation, types, OpenAPI entry and client. */
export interface Operation {
  readonly method: HttpMethod;
  /** OpenAPI form: `/v1/sandboxes/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: TSchema;
  readonly querystring?: TSchema;
  readonly body?: TSchema;
  /** The body may be left out altogether and then counts as `{}`. */
  readonly bodyOptional?: true;
  /** Status of success; 200 when left out. */
  readonly status?: 200 | 201 | 202 | 204;
  /** JSON schema of the success body; left out for 204 and for raw answers. */
  readonly response?: TSchema;
  /** Media type of a raw answer (bytes, event stream) that the handler sends itself, or each that it may have. */
  readonly produces?: string | readonly string[];
  /** Media type of the request body; application/json when left out. */
  readonly consumes?: string;
  readonly errors?: readonly ErrorCode[];
  /** Needs no credential. */
  readonly open?: true;
}

/** Operations by operationId. */
export type Contract = Readonly<Record<string, Operation>>;

export const defineContract = <const C extends Contract>(contract: C): C => contract;

type StaticOr<S, Fallback> = S extends TSchema ? Static<S> : Fallback;

export interface Input<O extends Operation> {
  readonly params: StaticOr<O['params'], Record<string, never>>;
  readonly query: StaticOr<O['querystring'], Record<string, never>>;
  readonly body: StaticOr<O['body'], undefined>;
}

export type Output<O extends Operation> = StaticOr<O['response'], void>;
