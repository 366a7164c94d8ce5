/** What the API server says of a failure: the `Status` kind, as raw JSON. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  readonly retryAfterSeconds?: number;
}

export interface StatusBody {
  readonly kind?: string;
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: StatusDetails;
}

export interface KubeErrorOptions {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** Reasons for failures that never reached, or came back from, the API server. Their `status` is 0. */
export const CONNECTION_FAILED = 'ConnectionFailed';
export const CLIENT_TIMEOUT = 'ClientTimeout';
export const RESPONSE_TOO_LARGE = 'ResponseTooLarge';
export const BAD_RESPONSE = 'BadResponse';

/** A refused or failed call. `status` is the HTTP status, or 0 when there was no answer. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly status: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(options: KubeErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.reason = options.reason;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Reads a failed response. Proxies before the API server answer in text or HTML, so the body may be anything. */
export function errorFromResponse(action: string, status: number, body: string, retryAfter?: string): KubeError {
  const parsed = parseStatus(body);
  const detail = parsed?.message ?? body.slice(0, 512).trim();
  return new KubeError({
    status,
    reason: parsed?.reason ?? reasonOf(status),
    message: detail ? `${action}: ${detail}` : `${action}: HTTP ${status}`,
    details: parsed?.details,
    retryAfterSeconds: parseRetryAfter(retryAfter) ?? parsed?.details?.retryAfterSeconds,
  });
}

/** Reads the `Status` object that an ERROR event of a watch carries. */
export function errorFromStatus(action: string, status: StatusBody): KubeError {
  return new KubeError({
    status: status.code ?? 500,
    reason: status.reason ?? reasonOf(status.code ?? 500),
    message: `${action}: ${status.message ?? 'no message'}`,
    details: status.details,
    retryAfterSeconds: status.details?.retryAfterSeconds,
  });
}

export function hasStatus(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}

export function isNotFound(error: unknown): error is KubeError {
  return hasStatus(error, 404);
}

/** Another writer won: read again and decide again. Includes "already exists" and failed preconditions. */
export function isConflict(error: unknown): error is KubeError {
  return hasStatus(error, 409);
}

export function isAlreadyExists(error: unknown): error is KubeError {
  return isConflict(error) && error.reason === 'AlreadyExists';
}

/** The resourceVersion or the continue token is too old: list again. */
export function isGone(error: unknown): error is KubeError {
  return error instanceof KubeError && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}

/** No call can get through for now; it says nothing about the object. */
export function isUnavailable(error: unknown): error is KubeError {
  return error instanceof KubeError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

function parseStatus(body: string): StatusBody | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(body) as StatusBody;
    return parsed.kind === 'Status' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function parseRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function reasonOf(status: number): string {
  return REASONS[status] ?? 'Unknown';
}
