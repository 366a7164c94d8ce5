import { ERRORS, type ApiError } from '@sandfleet/contract';
import { Type } from 'typebox';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** RFC 9457 problem details with the stable code, what to do, and the fields that were refused. */
export const Problem = Type.Object({
  type: Type.String({ description: 'URI of the kind of problem' }),
  title: Type.String({ description: 'Name of the kind of problem; the same for every occurrence' }),
  status: Type.Integer({ description: 'HTTP status' }),
  detail: Type.String({ description: 'What was wrong this time' }),
  instance: Type.String({ description: 'Path of the request' }),
  code: Type.Enum(Object.keys(ERRORS), { description: 'Stable code for programs' }),
  remediation: Type.String({ description: 'What to do about it' }),
  requestId: Type.String({ description: 'Id of the request in the logs of the server' }),
  errors: Type.Optional(
    Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), { description: 'Fields that were refused' }),
  ),
});

export interface ProblemContext {
  /** Path without the query: a query may carry a ticket. */
  readonly path: string;
  readonly requestId: string;
}

export function toProblem(error: ApiError, { path, requestId }: ProblemContext): Record<string, unknown> {
  const { title, remediation } = ERRORS[error.code];
  return {
    type: `urn:sandfleet:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status: error.status,
    detail: error.message,
    instance: path,
    code: error.code,
    remediation,
    requestId,
    ...(error.fields.length === 0
      ? {}
      : { errors: error.fields.map(({ location, message }) => ({ field: location.join('.'), message })) }),
  };
}
