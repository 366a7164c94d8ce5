import { Type } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';

const tag = 'browser/state';
const body = Type.Object({
  path: Type.String({ minLength: 1, maxLength: 4096, description: 'Absolute, below ~, or relative to the workspace' }),
});
const response = browserAnswer(
  Type.Object({
    path: Type.String(),
    cookies: Type.Integer(),
    origins: Type.Integer({ description: 'Those with local storage' }),
  }),
);

export const browserStateContract = defineContract({
  browser_state_save: {
    method: 'POST',
    path: '/v1/browser/state/save',
    tag,
    summary: 'Write cookies and local storage to a file',
    description:
      'In the form of Playwright’s storageState: JSON with cookies, and with the local storage of the origins that were open since ' +
      'this API connected to the browser. The file is written whole or not at all, readable by its owner alone: it holds logins.',
    body,
    response,
    errors: BROWSER_ERRORS,
  },
  browser_state_load: {
    method: 'POST',
    path: '/v1/browser/state/load',
    tag,
    summary: 'Take cookies and local storage from a file',
    description:
      'The cookies that there are, and the local storage of the origins in the file, are replaced. Open pages see it when they load again.',
    body,
    response,
    errors: BROWSER_ERRORS,
  },
});
