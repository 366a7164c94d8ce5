import { ApiError, type FieldError } from '@sandfleet/contract';
import { KubeError } from '@sandfleet/kube';

import { toLocation } from './field-location.ts';

export interface Attempt {
  readonly name: string;
  readonly namespace: string;
  /** Names in the order in which they stand in `spec.env`, to name an entry instead of its number. */
  readonly env: readonly string[];
}

const MAX_MESSAGE = 500;
const MAX_FIELDS = 20;

/** What the API server's refusal of a new sandbox means for the caller. What is not its doing is told without details. */
export function toCreateError(error: unknown, attempt: Attempt): unknown {
  if (!(error instanceof KubeError)) return error;
  if (error.reason === 'AlreadyExists') return nameTaken(attempt.name, error);
  if (error.status === 422) return toValidationError(error, attempt);
  if (error.status === 403) return toForbidden(error, attempt);
  if (error.status === 404)
    return new ApiError('NOT_FOUND', {
      message: `The namespace ${attempt.namespace} of the API key does not exist.`,
      cause: error,
    });
  if (error.status === 413)
    return new ApiError('PAYLOAD_TOO_LARGE', {
      message: 'The sandbox is too large to be stored; shorten env or metadata.',
      cause: error,
    });
  return toUnavailable(error);
}

export function nameTaken(name: string, cause?: unknown): ApiError {
  const message = 'is taken; choose another, or leave it out to have one made';
  return new ApiError('NAME_TAKEN', {
    message: `The name ${name} is taken.`,
    fields: [{ location: ['body', 'name'], message, rule: 'unique' }],
    cause,
  });
}

/** Failures that any call to the API server can meet. */
export function toUnavailable(error: unknown): unknown {
  if (!(error instanceof KubeError)) return error;
  if (error.status === 409)
    return new ApiError('CONFLICT', { message: 'The sandbox was changed or made anew at the same moment.', cause: error });
  if (error.status === 0 || error.status === 429 || error.status >= 500)
    return new ApiError('KUBERNETES_UNAVAILABLE', {
      message: 'The Kubernetes API did not take the request.',
      retryAfterSeconds: error.retryAfterSeconds ?? 2,
      cause: error,
    });
  return new ApiError('INTERNAL', {
    message: 'The control plane is not allowed to do this in the cluster; tell its administrator.',
    cause: error,
  });
}

function toValidationError(error: KubeError, attempt: Attempt): ApiError {
  const causes = error.details?.causes ?? [];
  const fields: FieldError[] = causes.slice(0, MAX_FIELDS).map(({ field = '', message = '', reason = 'Invalid' }) => ({
    location: ['body', ...toLocation(field, attempt.env)],
    message: sentenceOf(message),
    rule: reason,
  }));
  const [first] = fields;
  const message = first === undefined ? sentenceOf(error.message) : `${first.location.join('.')}: ${first.message}`;
  return new ApiError('VALIDATION_FAILED', { message, fields, cause: error });
}

/** `Invalid value: "object": sentence` is how the API server hands on the sentence of a rule. */
const PREFIX = /^(?:Invalid value|Unsupported value|Duplicate value): (?:"(?:[^"\\]|\\.)*"|[^\s":]+): /;
const FORBIDDEN = /^(?:Forbidden|Required value): /;

function sentenceOf(message: string): string {
  return message.replace(PREFIX, '').replace(FORBIDDEN, '').slice(0, MAX_MESSAGE);
}

const QUOTA = /exceeded quota: ([^,]+), requested: (.+), used: (.+), limited: (.+)$/;
const DENIED = /denied (?:the )?request: (.+)$/s;

function toForbidden(error: KubeError, { namespace }: Attempt): ApiError {
  const [, quota, requested, used, limited] = QUOTA.exec(error.message) ?? [];
  if (quota !== undefined)
    return new ApiError('QUOTA_EXCEEDED', {
      message: `The quota ${quota} of the namespace ${namespace} is used up: asked for ${requested}, in use ${used}, allowed ${limited}.`,
      cause: error,
    });
  if (error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating'))
    return new ApiError('CONFLICT', { message: `The namespace ${namespace} is being deleted.`, cause: error });
  const [, sentence] = DENIED.exec(error.message) ?? [];
  if (sentence !== undefined)
    return new ApiError('FORBIDDEN', {
      message: `A policy of the cluster refuses the sandbox: ${sentence.slice(0, MAX_MESSAGE)}`,
      cause: error,
    });
  return new ApiError('INTERNAL', {
    message: 'The control plane is not allowed to do this in the cluster; tell its administrator.',
    cause: error,
  });
}
