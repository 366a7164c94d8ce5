import type { Headers } from './network-log.ts';

export interface MockAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly contentType: string;
}

export interface Route {
  readonly fits: (url: string) => boolean;
  readonly answer: MockAnswer | 'abort' | 'continue';
}

export interface Rules {
  /** By origin. */
  readonly scoped: ReadonlyMap<string, Headers>;
  /** Oldest first. */
  readonly routes: readonly Route[];
  /** Those of all requests. */
  readonly headers: Headers;
}

interface HeaderEntry {
  readonly name: string;
  readonly value: string;
}

export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
}

/** A command of DevTools and its parameters. */
export type Verdict =
  | readonly ['Fetch.failRequest', { readonly errorReason: 'BlockedByClient' }]
  | readonly [
      'Fetch.fulfillRequest',
      { readonly responseCode: number; readonly responseHeaders: HeaderEntry[]; readonly body: string },
    ]
  | readonly ['Fetch.continueRequest', { readonly headers?: HeaderEntry[] }];

/** What becomes of a request that the browser has stopped for us. */
export function decide(request: Asked, { routes, scoped }: Rules): Verdict {
  const route = routes.findLast(({ fits }) => fits(request.url));
  if (route?.answer === 'abort') return ['Fetch.failRequest', { errorReason: 'BlockedByClient' }];
  if (route !== undefined && route.answer !== 'continue') return fulfil(request, route.answer);
  const extra = URL.canParse(request.url) ? scoped.get(new URL(request.url).origin) : undefined;
  if (extra === undefined) return ['Fetch.continueRequest', {}];
  return ['Fetch.continueRequest', { headers: toEntries(withHeaders(request.headers, extra)) }];
}

function fulfil(request: Asked, { status, headers, body, contentType }: MockAnswer): Verdict {
  const origin = headerOf(request.headers, 'origin');
  const asked = headerOf(request.headers, 'access-control-request-method');
  // The question that a browser asks before a request to another origin: the answer to the request itself is ours as well.
  if (request.method === 'OPTIONS' && asked !== undefined && origin !== undefined) {
    const allowed = {
      'access-control-allow-methods': asked,
      'access-control-allow-headers': headerOf(request.headers, 'access-control-request-headers') ?? '*',
    };
    return answer(204, { ...shared(origin), ...allowed }, '');
  }
  const given = withHeaders({ 'content-type': contentType, ...(origin === undefined ? {} : shared(origin)) }, headers);
  return answer(status, given, body);
}

const answer = (status: number, headers: Headers, body: string): Verdict => [
  'Fetch.fulfillRequest',
  { responseCode: status, responseHeaders: toEntries(headers), body: Buffer.from(body).toString('base64') },
];

/** A page of another origin reads the answer too: what it would get otherwise is not what was asked for. */
const shared = (origin: string): Headers => ({
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  vary: 'Origin',
});

/** Names have no case; the later ones count. */
function withHeaders(headers: Headers, over: Headers): Headers {
  const replaced = new Set(Object.keys(over).map((name) => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(headers).filter(([name]) => !replaced.has(name.toLowerCase()))), ...over };
}

const headerOf = (headers: Headers, wanted: string): string | undefined =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];

const toEntries = (headers: Headers): HeaderEntry[] => Object.entries(headers).map(([name, value]) => ({ name, value }));
