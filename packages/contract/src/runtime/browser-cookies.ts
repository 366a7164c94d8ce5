import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';

const tag = 'browser/cookies';

export const BrowserCookie = Type.Object({
  name: Type.String(),
  value: Type.String(),
  domain: Type.String(),
  path: Type.String(),
  expires: Type.Number({ description: 'Seconds since 1970; -1 for the end of the session' }),
  httpOnly: Type.Boolean(),
  secure: Type.Boolean(),
  sameSite: Type.Enum(['Strict', 'Lax', 'None']),
  partitionKey: Type.Optional(Type.String()),
});
export type BrowserCookie = Static<typeof BrowserCookie>;

const given = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 4096 }),
    value: Type.String({ maxLength: 65_536 }),
  },
  {
    additionalProperties: true,
    description:
      'name, value, and either url or domain with path (/ when left out); expires in seconds since 1970, httpOnly, secure and ' +
      'sameSite (Strict, Lax, None). The names of browser extensions and of other tools are understood too: expirationDate, ' +
      'http_only, same_site and no_restriction.',
  },
);

export const browserCookiesContract = defineContract({
  browser_cookies_get: {
    method: 'GET',
    path: '/v1/browser/cookies',
    tag,
    summary: 'List the cookies',
    querystring: Type.Object({
      urls: Type.Optional(
        Type.String({ maxLength: 65_536, description: 'Only those that would be sent to one of these URLs, apart by commas' }),
      ),
      url: Type.Optional(Type.String({ maxLength: 65_536, description: 'The same' })),
    }),
    response: browserAnswer(Type.Array(BrowserCookie)),
    errors: BROWSER_ERRORS,
  },
  browser_cookies_set: {
    method: 'POST',
    path: '/v1/browser/cookies',
    tag,
    summary: 'Add cookies',
    description: 'Those of the same name, domain and path are replaced. When one is refused, none is set.',
    body: Type.Object({ cookies: Type.Array(given, { maxItems: 5000 }) }),
    response: browserAnswer(Type.Object({ count: Type.Integer() })),
    errors: BROWSER_ERRORS,
  },
  browser_cookies_clear: {
    method: 'DELETE',
    path: '/v1/browser/cookies',
    tag,
    summary: 'Remove all cookies',
    response: browserAnswer(Type.Object({ cleared: Type.Integer() })),
    errors: BROWSER_ERRORS,
  },
});
