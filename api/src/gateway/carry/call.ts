import type { IncomingMessage } from 'node:http';

import { ApiError } from '@sandfleet/contract';
import type { Logger } from '@sandfleet/server-kit';

import { reasonOf } from '../access/refused.ts';
import type { GatewayMetrics } from '../metrics.ts';

/** What is known of one request from its first byte on, for its answer, the access log and the metrics. */
export interface Call {
  readonly startedAt: number;
  requestId: string;
  readonly method: string;
  /** Without the query: that may hold a ticket. */
  readonly path: string;
  /** Id in the URL, once it is known to be one. */
  sandbox: string | undefined;
  surface: string;
  /** Code of the gateway's own refusal. */
  code: string | undefined;
}

export function beginCall(request: IncomingMessage, requestId: string): Call {
  const target = request.url ?? '';
  const mark = target.indexOf('?');
  return {
    startedAt: performance.now(),
    requestId,
    method: request.method ?? '',
    path: mark < 0 ? target : target.slice(0, mark),
    sandbox: undefined,
    surface: 'none',
    code: undefined,
  };
}

export interface CallResult {
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const SWITCHED = 101;

/** One line and one set of counts for each request. */
export function endCall(call: Call, { status, bytesIn, bytesOut }: CallResult, log: Logger, metrics: GatewayMetrics): void {
  const milliseconds = performance.now() - call.startedAt;
  const { method, surface, sandbox, requestId, code } = call;
  const seconds = status === SWITCHED ? undefined : milliseconds / 1000;
  metrics.observe({ method, status, surface, seconds, bytesIn, bytesOut });
  if (!log.isLevelEnabled('info')) return;
  const durationMs = Math.round(milliseconds * 100) / 100;
  log.info({ requestId, sandbox, surface, method, status, durationMs, bytesIn, bytesOut, code }, 'request');
}

/** The refusal as the client is to see it. What is no refusal is a fault of ours: its cause is for the log alone. */
export function refusalOf(error: unknown, call: Call, log: Logger): ApiError {
  if (error instanceof ApiError) {
    call.code = error.code;
    if (error.status >= 500 && error.cause !== undefined)
      log.warn({ requestId: call.requestId, err: error.cause }, error.message);
    return error;
  }
  call.code = 'INTERNAL';
  log.error({ requestId: call.requestId, err: error }, 'request failed');
  return new ApiError('INTERNAL', { message: 'The gateway failed to handle the request.' });
}

const DECIDED_BY_ACCESS: ReadonlySet<string> = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'WRONG_SANDBOX',
  'SCOPE_MISSING',
  'ORIGIN_REFUSED',
  'SANDBOX_GONE',
  'SANDBOX_NOT_FOUND',
  'TOO_MANY_REQUESTS',
]);

/** Counts a refusal that was one of access, and no fault of the path or the pod. */
export function countRefusal(error: unknown, metrics: GatewayMetrics): void {
  if (error instanceof ApiError && DECIDED_BY_ACCESS.has(error.code)) metrics.authDecided('refused', reasonOf(error));
}
