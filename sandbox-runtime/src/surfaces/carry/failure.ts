import { ApiError } from '@sandfleet/contract';

export type CarryFailure = 'refused' | 'connect_timeout' | 'head_timeout' | 'reset' | 'invalid' | 'ended';

/** A program inside that gave no answer which could be passed on. */
export class CarryError extends Error {
  override readonly name = 'CarryError';
  readonly reason: CarryFailure;

  constructor(reason: CarryFailure, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** What node:http says of a request that failed before its answer began. */
export function carryErrorOf(error: unknown): CarryError {
  if (error instanceof CarryError) return error;
  const code = codeOf(error);
  if (code.startsWith('HPE_')) return new CarryError('invalid', error);
  if (['ECONNREFUSED', 'ENOENT', 'EADDRNOTAVAIL', 'EACCES', 'ENOTSOCK'].includes(code)) return new CarryError('refused', error);
  if (code === 'ETIMEDOUT') return new CarryError('connect_timeout', error);
  return new CarryError('reset', error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The failure as a program is told of it; `name` says who failed: "Port 3000", "JupyterLab". */
export function failureProblem({ reason, cause }: CarryError, name: string): ApiError {
  const failed = (message: string) => new ApiError('UPSTREAM_FAILED', { message, cause, retryAfterSeconds: 2 });
  switch (reason) {
    case 'refused':
      return failed(`${name} takes no connection: start the program that listens there, on 127.0.0.1 or on all addresses.`);
    case 'connect_timeout':
      return new ApiError('UPSTREAM_TIMEOUT', { message: `${name} did not take the connection in time.`, cause });
    case 'head_timeout':
      return new ApiError('UPSTREAM_TIMEOUT', {
        message: `${name} took the request and did not begin to answer in time.`,
        cause,
      });
    case 'reset':
      return failed(`${name} closed the connection before it answered.`);
    case 'invalid':
      return failed(`${name} answered with something that is not valid HTTP/1.1.`);
    case 'ended':
      return failed(`${name} has ended; ask again to have it started.`);
  }
}
