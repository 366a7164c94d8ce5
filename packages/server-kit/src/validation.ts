import { ApiError, type FieldError } from '@sandfleet/contract';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';

/** More errors than this tell the caller nothing new. */
const MAX_FIELD_ERRORS = 20;

/**
 * The door: bodies are checked as they are sent (a number is not a string), parameters and queries are text and so are converted first.
 * Unknown fields are refused where the schema says `additionalProperties: false`, never dropped in silence.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  const options = { allErrors: true, useDefaults: true, removeAdditional: false, strict: false, addUsedSchema: false } as const;
  const exact = new Ajv({ ...options, coerceTypes: false });
  const converting = new Ajv({ ...options, coerceTypes: 'array' });
  return ({ schema, httpPart }) => onFirstUse(() => (httpPart === 'body' ? exact : converting).compile(schema));
}

interface Validator {
  (data: unknown): boolean;
  errors?: ErrorObject[] | null;
}

/** Compiling the schemas of a hundred routes is a third of a server's start, and most of them are never asked for. */
function onFirstUse(compile: () => ValidateFunction): Validator {
  let compiled: ValidateFunction | undefined;
  const validator: Validator = (data) => {
    compiled ??= compile();
    // None of the schemas has `$async`, so the answer is no promise.
    const isValid = compiled(data) as boolean;
    validator.errors = compiled.errors ?? null;
    return isValid;
  };
  return validator;
}

/** Fastify hands over what the validator found; callers get it as one VALIDATION_FAILED. */
export function toValidationError(errors: readonly FastifySchemaValidationError[], part: string): ApiError {
  // The compiler above is Ajv, so these are Ajv's errors.
  const fields = (errors as readonly ErrorObject[]).slice(0, MAX_FIELD_ERRORS).map((error) => toFieldError(error, part));
  const [first] = fields;
  const where = first === undefined ? part : first.location.join('.');
  return new ApiError('VALIDATION_FAILED', { message: `${where} ${first?.message ?? 'is not valid'}`, fields });
}

function toFieldError(error: ErrorObject, part: string): FieldError {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  // Ajv's params are typed by keyword; these two name the property that the pointer leaves out.
  const { missingProperty, additionalProperty } = error.params as { missingProperty?: string; additionalProperty?: string };
  const last = missingProperty ?? additionalProperty;
  return {
    location: [part === 'querystring' ? 'query' : part, ...path, ...(last === undefined ? [] : [last])],
    message: messageOf(error),
    rule: error.keyword,
  };
}

function messageOf(error: ErrorObject): string {
  if (error.keyword === 'required') return 'is required';
  if (error.keyword === 'additionalProperties') return 'is not a known field';
  if (error.keyword === 'enum')
    return `must be one of ${(error.params as { allowedValues: unknown[] }).allowedValues.join(', ')}`;
  return error.message ?? 'is not valid';
}

function unescapePointer(segment: string): string | number {
  const text = segment.replaceAll('~1', '/').replaceAll('~0', '~');
  return /^\d+$/.test(text) ? Number(text) : text;
}
