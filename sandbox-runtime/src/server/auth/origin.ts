import type { IncomingHttpHeaders } from 'node:http';

import type { Access } from '../access.ts';
import { isSafeMethod, type Action } from './permission.ts';
import type { Target } from './target.ts';

/**
 * Whether the page that sent the request is one of this server's. The host is what the browser asked for; a gateway passes it
 * on, and no page of another origin can set either. `null`, the opaque origin, is nobody's own.
 */
export function isOwnOrigin({ origin, host, 'x-forwarded-host': forwarded }: IncomingHttpHeaders): boolean {
  if (origin === undefined || !/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return false;
  const own = typeof forwarded === 'string' ? forwarded : host;
  if (own === undefined) return false;
  // As a URL both lose the port that goes without saying, and the case of letters.
  const asked = `${new URL(origin).protocol}//${own}`;
  return URL.canParse(asked) && new URL(asked).origin === new URL(origin).origin && new URL(asked).pathname === '/';
}

/**
 * Why a request is refused for the page that it comes from, or undefined. Browsers let every page send forms and open WebSockets
 * anywhere; what lets such a request in without the page knowing a secret is a cookie, or that nobody needs one.
 */
export function refuseOrigin(
  headers: IncomingHttpHeaders,
  { kind }: Pick<Access, 'kind'>,
  { surface, method, isUpgrade }: Target & Action,
): string | undefined {
  const { origin } = headers;
  if (isUpgrade && origin !== undefined && !isOwnOrigin(headers))
    return 'A WebSocket can be opened from the pages of this sandbox alone.';
  if (kind === 'cookie') return isUpgrade ? refuseSocket(headers) : refuseByCookie(headers, method);
  // What is previewed may well take forms of others, as it would anywhere else.
  const isForeign = kind === 'none' && surface !== 'preview' && origin !== undefined && !isOwnOrigin(headers);
  return isForeign && !isSafeMethod(method) ? CHANGES : undefined;
}

const CHANGES = 'This request changes something and comes from another page.';

function refuseSocket({ origin }: IncomingHttpHeaders): string | undefined {
  return origin === undefined ? 'A WebSocket that is opened with a cookie needs an Origin header.' : undefined;
}

function refuseByCookie(headers: IncomingHttpHeaders, method: string): string | undefined {
  const site = headers['sec-fetch-site'];
  if (!isSafeMethod(method)) return isFromOwnPage(headers) ? undefined : CHANGES;
  // A page of another port or subdomain is the same site, so its requests carry the cookie; a click on its links may go through.
  const isForeign = site === 'same-site' || site === 'cross-site';
  return isForeign && headers['sec-fetch-mode'] !== 'navigate' ? 'This request comes from another page.' : undefined;
}

function isFromOwnPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined && !isOwnOrigin(headers)) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  return headers.origin !== undefined || site !== undefined;
}
