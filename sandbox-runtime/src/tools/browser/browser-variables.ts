import { Type } from 'typebox';

/** What browsers call the dialogs that stop a page. */
const DIALOG_TYPES = ['alert', 'confirm', 'prompt', 'beforeunload'] as const;

/** What works on the browser. */
export const browserVariables = {
  BROWSER_CALLS: Type.Integer({ minimum: 1, maximum: 1000, default: 8, description: 'calls that work on the browser at once' }),
  BROWSER_CALL_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 600,
    description: 'time of one call on the browser, beside the time limits that calls have themselves',
  }),
  BROWSER_ACCEPT_DIALOGS: Type.Array(Type.Enum([...DIALOG_TYPES]), {
    default: ['alert'],
    description: 'dialogs of pages that are accepted while calls work on the browser; the others are dismissed',
  }),
  BROWSER_REQUEST_LOG: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 1000,
    description: 'requests of the browser that are kept',
  }),
  SANDFLEET_PAGE_ACTION_SECONDS: Type.Number({
    minimum: 0.1,
    maximum: 600,
    default: 10,
    description: 'how long a click and the like wait for their element, where the call does not say',
  }),
  SANDFLEET_PAGE_URL_SCHEMES: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9+.-]*$', maxLength: 64 }), {
    maxItems: 32,
    default: ['http', 'https', 'about', 'data', 'blob', 'file'],
    description: 'schemes that the page API opens',
  }),
  SANDFLEET_PAGE_RECORD_SECONDS: Type.Number({
    minimum: 1,
    maximum: 86_400,
    default: 1800,
    description: 'seconds of a film of a page that nobody stops',
  }),
} as const;
