import { ApiError, type ApiErrorOptions, type ErrorCode } from '@sandfleet/contract';

/** A refusal by the gateway's access rules. `reason` is for the metric: one of few, and never from the request. */
export class Refused extends ApiError {
  readonly reason: string;

  constructor(code: ErrorCode, reason: string, options: ApiErrorOptions) {
    super(code, options);
    this.reason = reason;
  }
}

/** The label for a refusal of any part: its own reason, or its code. */
export function reasonOf(error: ApiError): string {
  return error instanceof Refused ? error.reason : error.code.toLowerCase();
}
