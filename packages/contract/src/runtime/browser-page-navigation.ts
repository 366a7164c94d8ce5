import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';
import { PAGE_PATH, PAGE_TAG, pageTimeout } from './browser-page-fields.ts';

export const WAIT_UNTIL = ['load', 'domcontentloaded', 'networkidle', 'commit'] as const;
export type WaitUntil = (typeof WAIT_UNTIL)[number];

export const NavigationResult = Type.Object({
  url: Type.String({ description: 'Address after all redirects' }),
  title: Type.String(),
  status: Type.Union([Type.Integer(), Type.Null()], { description: 'HTTP status; null where no HTTP was spoken' }),
  ok: Type.Boolean({ description: 'The status is no error' }),
  content_type: Type.Optional(Type.String()),
  download: Type.Optional(Type.Boolean({ description: 'The address was a download: the page stays what it was' })),
  error: Type.Optional(Type.String({ description: 'Of a navigation that failed: net::ERR_… or timeout' })),
});
export type NavigationResult = Static<typeof NavigationResult>;

const history = (name: string, summary: string) =>
  ({
    method: 'POST',
    path: `${PAGE_PATH}/${name}`,
    tag: PAGE_TAG,
    summary,
    body: Type.Object({ timeout: pageTimeout('until the document has loaded') }),
    bodyOptional: true,
    response: browserAnswer(NavigationResult),
    errors: BROWSER_ERRORS,
  }) as const;

export const browserPageNavigationContract = defineContract({
  browser_page_navigate: {
    method: 'POST',
    path: `${PAGE_PATH}/navigate`,
    tag: PAGE_TAG,
    summary: 'Open a URL in the active tab',
    description:
      'http, https, data, blob, file and about:blank; other schemes are refused. Without a scheme it is ' +
      'http for this machine and ' +
      'for IP addresses, https for all else. A page that answers with an HTTP error is a page: look at ' +
      'status. A page that can’t be ' +
      'reached or does not load in time is success: false, and what there is of it stays in the tab.',
    body: Type.Object({
      url: Type.String({ minLength: 1, maxLength: 2_000_000 }),
      wait_until: Type.Optional(
        Type.Enum([...WAIT_UNTIL], { default: 'load', description: 'networkidle: no request for half a second' }),
      ),
      timeout: pageTimeout('until then'),
    }),
    response: browserAnswer(NavigationResult),
    errors: BROWSER_ERRORS,
  },
  browser_page_back: history('back', 'Go back in the history of the tab'),
  browser_page_forward: history('forward', 'Go forward in the history of the tab'),
  browser_page_reload: history('reload', 'Load the page again'),
});
