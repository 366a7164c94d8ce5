import { Type, type TSchema } from 'typebox';

import type { ErrorCode } from '../errors.ts';
import { envelope } from './envelope.ts';

/** What any call of the browser may answer with, beside its own. */
export const BROWSER_ERRORS = [
  'SERVICE_DISABLED',
  'SERVICE_UNAVAILABLE',
  'BROWSER_GONE',
  'TOO_MANY_REQUESTS',
] as const satisfies readonly ErrorCode[];

/** What the browser refuses has `success: false`, the reason in `message`, and no data. */
export const browserAnswer = <T extends TSchema>(data: T) => envelope(Type.Union([data, Type.Null()]));
