import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';
import { envelope } from './envelope.ts';

const tag = 'browser';
const size = Type.Object({ width: Type.Integer(), height: Type.Integer() });

/** A list or null, which says something else than leaving it out. */
const urlList = (description: string) =>
  Type.Optional(
    Type.Unsafe<string[] | null>({
      type: 'array',
      nullable: true,
      maxItems: 1000,
      items: { type: 'string', minLength: 1, maxLength: 2048 },
      description: `${description}; null or an empty list removes it, left out it stays as it is`,
    }),
  );

export const BrowserInfo = Type.Object({
  user_agent: Type.String(),
  cdp_url: Type.String({ description: 'WebSocket of DevTools, for connect_over_cdp' }),
  vnc_url: Type.String({ description: 'Page that shows the screen' }),
  cdp_ui_url: Type.Optional(Type.String()),
  viewport: size,
  page_viewport: Type.Optional(size),
});
export type BrowserInfo = Static<typeof BrowserInfo>;

export const BrowserDownload = Type.Object({
  id: Type.String(),
  filename: Type.String(),
  path: Type.String(),
  url: Type.String({ description: 'Empty for a file of which only the directory tells' }),
  size: Type.Integer({ description: 'Bytes; -1 when not known yet' }),
  received: Type.Integer({ description: 'Bytes that are there' }),
  state: Type.Enum(['in_progress', 'completed', 'canceled']),
  started_at: Type.String(),
});
export type BrowserDownload = Static<typeof BrowserDownload>;

export const browserControlContract = defineContract({
  browser_info: {
    method: 'GET',
    path: '/v1/browser/info',
    tag,
    summary: 'Show how to reach the browser, and what it is',
    description:
      'Starts the browser when it does not run. The URLs are those of the caller: they follow Host, X-Forwarded-Proto and ' +
      'X-Forwarded-Prefix. viewport is the screen, page_viewport the part of it that shows the page in front, in CSS pixels.',
    response: browserAnswer(BrowserInfo),
    errors: BROWSER_ERRORS,
  },
  browser_restart: {
    method: 'POST',
    path: '/v1/browser/restart',
    tag,
    summary: 'Connect to the browser anew, or restart it',
    description:
      'soft: the connection of this API alone; tabs stay. hard: Chromium ends and starts, tabs are gone, cookies on disk stay. Both ' +
      'remove the extra headers and the routes of browser/network and forget its requests. The other fields take effect when ' +
      'Chromium starts: with hard at once.',
    body: Type.Object({
      mode: Type.Optional(Type.Enum(['soft', 'hard'], { default: 'hard' })),
      url_blocklist: urlList(
        'URLs that are blocked, in the form of Chromium’s URLBlocklist: `example.com`, `*`, `https://a.test/path`',
      ),
      url_allowlist: urlList('Exceptions from the blocklist, in the same form'),
      allow_file_selection_dialogs: Type.Optional(
        Type.Unsafe<boolean | null>({
          type: 'boolean',
          nullable: true,
          description:
            'Whether pages may open windows to choose files; null leaves it to the browser, left out it stays as it is',
        }),
      ),
      locale: Type.Optional(
        Type.Unsafe<string | null>({
          type: 'string',
          nullable: true,
          pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}(,[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}){0,7}$',
          description: 'Language of the browser and of what it asks pages for, such as de-DE; null is the sandbox’s own',
        }),
      ),
    }),
    bodyOptional: true,
    response: browserAnswer(
      Type.Object({
        mode: Type.String(),
        browser: Type.String({ description: 'Product and version' }),
        url_blocklist: Type.Array(Type.String()),
        url_allowlist: Type.Array(Type.String()),
        allow_file_selection_dialogs: Type.Union([Type.Boolean(), Type.Null()]),
        locale: Type.Union([Type.String(), Type.Null()]),
      }),
    ),
    errors: BROWSER_ERRORS,
  },
  browser_downloads: {
    method: 'GET',
    path: '/v1/browser/downloads',
    tag,
    summary: 'List the downloads',
    description:
      'Those that the browser began while this API was connected to it, the last 200, and the files of the directory of downloads ' +
      'that it does not know. Oldest first. Does not start the browser.',
    response: envelope(Type.Object({ directory: Type.String(), downloads: Type.Array(BrowserDownload) })),
  },
});
