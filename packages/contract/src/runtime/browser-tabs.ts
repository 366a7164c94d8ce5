import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';

const tag = 'browser/tabs';
const params = Type.Object({
  index: Type.Integer({ minimum: 0, maximum: 10_000, description: 'Number of the tab in the list' }),
});

export const BrowserTab = Type.Object({
  index: Type.Integer({ description: 'Tabs are numbered from 0 in the order in which they were opened' }),
  tab_id: Type.String({ description: 'Id of the tab in DevTools; it stays when the numbers change' }),
  url: Type.String(),
  title: Type.String(),
  active: Type.Boolean({ description: 'In front: what the page operations work on' }),
});
export type BrowserTab = Static<typeof BrowserTab>;

export const browserTabsContract = defineContract({
  browser_tabs_list: {
    method: 'GET',
    path: '/v1/browser/tabs',
    tag,
    summary: 'List the tabs',
    description: 'All of them: also those that a person, a page or a client of DevTools has opened.',
    response: browserAnswer(Type.Array(BrowserTab)),
    errors: BROWSER_ERRORS,
  },
  browser_tabs_create: {
    method: 'POST',
    path: '/v1/browser/tabs',
    tag,
    summary: 'Open a tab in front',
    description:
      'about:blank without a URL. The answer comes when the document is there, at the latest after 30 seconds. A URL that can’t be ' +
      'reached answers success: false with the tab as data: it stays open.',
    body: Type.Object({
      url: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536, description: 'As for browser/page/navigate' })),
    }),
    bodyOptional: true,
    response: browserAnswer(BrowserTab),
    errors: BROWSER_ERRORS,
  },
  browser_tabs_close: {
    method: 'DELETE',
    path: '/v1/browser/tabs/{index}',
    tag,
    summary: 'Close a tab',
    description: 'The numbers of those behind it change. In place of the last one an empty tab opens.',
    params,
    response: browserAnswer(
      Type.Object({ closed: BrowserTab, tab_count: Type.Integer(), active_index: Type.Union([Type.Integer(), Type.Null()]) }),
    ),
    errors: [...BROWSER_ERRORS, 'TAB_NOT_FOUND'],
  },
  browser_tabs_activate: {
    method: 'PUT',
    path: '/v1/browser/tabs/{index}/activate',
    tag,
    summary: 'Bring a tab to the front',
    params,
    response: browserAnswer(BrowserTab),
    errors: [...BROWSER_ERRORS, 'TAB_NOT_FOUND'],
  },
});
