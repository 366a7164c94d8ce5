import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { BROWSER_ERRORS, browserAnswer } from './browser-fields.ts';

const tag = 'browser/network';

const headers = Type.Record(Type.String(), Type.String({ maxLength: 8192 }), {
  maxProperties: 100,
  description: 'Value by name; an empty object removes them. The names that only the browser can set are refused.',
});
const urlPattern = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: '`**` for anything, `*` for anything but a slash, `{a,b}` for one of these; without a query it fits any query',
});

export const NetworkRequest = Type.Object({
  method: Type.String(),
  url: Type.String(),
  status: Type.Union([Type.Integer(), Type.Null()], { description: 'null as long as there is no answer' }),
  status_text: Type.String(),
  resource_type: Type.String({ description: 'document, script, xhr, fetch, image, …' }),
  headers: Type.Record(Type.String(), Type.String(), { description: 'Of the request' }),
  response_headers: Type.Record(Type.String(), Type.String()),
  post_data: Type.Optional(Type.String({ description: 'The first 64 KiB' })),
  started_at: Type.String(),
  duration_ms: Type.Union([Type.Number(), Type.Null()], { description: 'null as long as it goes on' }),
  timing: Type.Optional(
    Type.Record(Type.String(), Type.Number(), {
      description: 'Milliseconds since the start of the request; -1 where there was none',
    }),
  ),
  size: Type.Integer({ description: 'Bytes of the answer’s body as they were sent; -1 when not known' }),
  failure: Type.Optional(Type.String({ description: 'net::ERR_…' })),
});
export type NetworkRequest = Static<typeof NetworkRequest>;

export const browserNetworkContract = defineContract({
  browser_network_set_headers: {
    method: 'POST',
    path: '/v1/browser/network/headers',
    tag,
    summary: 'Set extra headers of all requests',
    description: 'They replace those set before, and end with a restart.',
    body: Type.Object({ headers }),
    response: browserAnswer(Type.Object({ headers: Type.Record(Type.String(), Type.String()) })),
    errors: BROWSER_ERRORS,
  },
  browser_network_set_scoped_headers: {
    method: 'POST',
    path: '/v1/browser/network/scoped_headers',
    tag,
    summary: 'Set extra headers of requests to one origin',
    description: 'A redirection to another origin does not take them along. They replace those set for this origin before.',
    body: Type.Object({
      origin: Type.String({ minLength: 1, maxLength: 2048, description: '`https://host` or `http://host:port`' }),
      headers,
    }),
    response: browserAnswer(Type.Object({ origin: Type.String(), headers: Type.Record(Type.String(), Type.String()) })),
    errors: BROWSER_ERRORS,
  },
  browser_network_add_route: {
    method: 'POST',
    path: '/v1/browser/network/route',
    tag,
    summary: 'Answer or abort the requests of a URL pattern',
    description:
      'One with the same pattern is replaced; of several that fit, the newest counts. With neither a response nor abort, the ' +
      'requests go on as they are, past older routes.',
    body: Type.Object({
      url_pattern: urlPattern,
      response: Type.Optional(
        Type.Object({
          status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599, default: 200 })),
          headers: Type.Optional(
            Type.Record(Type.String(), Type.String({ maxLength: 8192 }), { maxProperties: 100, default: {} }),
          ),
          body: Type.Optional(Type.String({ maxLength: 16_777_216, default: '' })),
          content_type: Type.Optional(Type.String({ maxLength: 1024, default: 'text/plain' })),
        }),
      ),
      abort: Type.Optional(Type.Boolean({ default: false })),
      response_body: Type.Optional(
        Type.Unknown({ description: 'Body of the response, where `response` is left out: text or JSON' }),
      ),
      response_status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599, description: 'Its status' })),
    }),
    response: browserAnswer(Type.Object({ url_pattern: Type.String(), action: Type.Enum(['fulfil', 'abort', 'continue']) })),
    errors: BROWSER_ERRORS,
  },
  browser_network_remove_route: {
    method: 'DELETE',
    path: '/v1/browser/network/route',
    tag,
    summary: 'Remove the route of a URL pattern',
    body: Type.Object({ url_pattern: urlPattern }),
    response: browserAnswer(Type.Object({ url_pattern: Type.String(), removed: Type.Boolean() })),
    errors: BROWSER_ERRORS,
  },
  browser_network_get_requests: {
    method: 'GET',
    path: '/v1/browser/network/requests',
    tag,
    summary: 'List the requests of all tabs',
    description: 'The last ones, oldest first, as far as this API was connected to the browser. Does not start the browser.',
    querystring: Type.Object({
      filter: Type.Optional(Type.String({ maxLength: 2048, description: 'Part of the URL, or a pattern with stars' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 100 })),
    }),
    response: browserAnswer(Type.Array(NetworkRequest)),
    errors: ['TOO_MANY_REQUESTS'],
  },
  browser_network_export_har: {
    method: 'POST',
    path: '/v1/browser/network/export_har',
    tag,
    summary: 'Export the requests as HAR 1.2',
    description:
      'To the file when a path is given, else in the answer as text. It has headers, sizes and times, and no bodies of answers. Does ' +
      'not start the browser.',
    body: Type.Object({
      save_path: Type.Optional(
        Type.String({ minLength: 1, maxLength: 4096, description: 'Absolute, below ~, or relative to the workspace' }),
      ),
    }),
    bodyOptional: true,
    response: browserAnswer(
      Type.Object({
        entries: Type.Integer(),
        path: Type.Optional(Type.String()),
        content: Type.Optional(Type.String({ description: 'JSON' })),
      }),
    ),
    errors: ['TOO_MANY_REQUESTS'],
  },
});
