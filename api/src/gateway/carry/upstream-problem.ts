import { ApiError } from '@sandfleet/contract';

import type { UpstreamError, UpstreamFailure } from '../upstream/upstream-error.ts';

const PROBLEMS: Readonly<Record<UpstreamFailure, () => ApiError>> = {
  connect_timeout: () => new ApiError('UPSTREAM_TIMEOUT', { message: 'The sandbox did not take the connection in time.' }),
  connect_failed: () => new ApiError('UPSTREAM_FAILED', { message: 'The sandbox did not take the connection.' }),
  reset: () => new ApiError('UPSTREAM_FAILED', { message: 'The sandbox closed the connection before it answered.' }),
  invalid_response: () => new ApiError('UPSTREAM_FAILED', { message: 'The answer of the sandbox is not valid HTTP.' }),
  aborted: () => new ApiError('UPSTREAM_FAILED', { message: 'The request was broken off.' }),
  pod_gone: () =>
    new ApiError('SANDBOX_NOT_READY', {
      message: 'The pod of the sandbox went away before it answered.',
      retryAfterSeconds: 1,
    }),
  too_many: () =>
    new ApiError('TOO_MANY_REQUESTS', {
      message: 'Too many requests and sockets of this sandbox are open at once.',
      retryAfterSeconds: 1,
    }),
};

export function upstreamProblem({ reason }: UpstreamError): ApiError {
  return PROBLEMS[reason]();
}
