/** What went wrong on the way to a pod; also the label of the metric. */
export type UpstreamFailure =
  | 'connect_timeout'
  | 'connect_failed'
  | 'reset'
  | 'invalid_response'
  | 'pod_gone'
  | 'too_many'
  | 'aborted';

export interface UpstreamErrorOptions {
  readonly cause?: unknown;
  /** The connection had idled, and its other end closed it before it sent a byte: the request may not have been seen. */
  readonly isStale?: boolean;
}

export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly reason: UpstreamFailure;
  readonly isStale: boolean;

  constructor(reason: UpstreamFailure, { cause, isStale = false }: UpstreamErrorOptions = {}) {
    super(reason, { cause });
    this.reason = reason;
    this.isStale = isStale;
  }
}
