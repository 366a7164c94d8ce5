import type { ApiError } from '@sandfleet/contract';
import type { ErrorFormat } from '@sandfleet/server-kit';

/**
 * The published forms of errors: a refused field comes in a list under `detail` (clients fail on anything but a list there),
 * all else in the envelope without data.
 */
export const runtimeErrors: ErrorFormat = {
  mediaType: 'application/json; charset=utf-8',
  body(error: ApiError) {
    if (error.code !== 'VALIDATION_FAILED') return { success: false, message: error.message, data: null };
    return { detail: error.fields.map(({ location, message, rule }) => ({ loc: location, msg: message, type: rule })) };
  },
};
