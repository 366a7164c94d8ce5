import { ApiError } from '@sandfleet/contract';

/** What a schema can't say of one field alone, in the form of the door. */
export function refuse(field: string, message: string): never {
  throw new ApiError('VALIDATION_FAILED', {
    message: `${field}: ${message}`,
    fields: [{ location: ['body', field], message, rule: 'required' }],
  });
}
