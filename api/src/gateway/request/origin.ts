import type { RequestHeaders } from './headers.ts';
import type { Hosts } from './host.ts';

const DEFAULT_PORT = /^(http:\/\/[^/]*):80$|^(https:\/\/[^/]*):443$/;

/** Whether the page that sent the request has the origin of the URL that it asks for. `null`, the opaque origin, never has. */
export function isOwnOrigin(hosts: Hosts, { origin, host }: Pick<RequestHeaders, 'origin' | 'host'>): boolean {
  if (origin === undefined) return false;
  const given = origin.toLowerCase().replace(DEFAULT_PORT, '$1$2');
  const schemes = hosts.scheme === undefined ? ['http', 'https'] : [hosts.scheme];
  return schemes.some((scheme) => given === `${scheme}://${host.toLowerCase()}`.replace(DEFAULT_PORT, '$1$2'));
}

export interface OriginQuestion {
  readonly isUpgrade: boolean;
  /** The credential came by itself, with the browser's cookies. */
  readonly byCookie: boolean;
  readonly isSafeMethod: boolean;
}

/**
 * Why a request is refused for the page that it comes from, or undefined. Browsers let every page open a WebSocket anywhere and
 * send forms anywhere, with cookies; the Origin header is what tells such a page.
 */
export function refuseOrigin(
  hosts: Hosts,
  headers: Pick<RequestHeaders, 'origin' | 'host' | 'fetchSite' | 'fetchMode'>,
  { isUpgrade, byCookie, isSafeMethod }: OriginQuestion,
): string | undefined {
  const isOwn = isOwnOrigin(hosts, headers);
  if (isUpgrade && headers.origin !== undefined && !isOwn)
    return 'A WebSocket can be opened from the page of this sandbox alone.';
  if (!byCookie) return undefined;
  if (isUpgrade && headers.origin === undefined) return 'A WebSocket that is opened with a cookie needs an Origin header.';
  if (isUpgrade) return undefined;
  if (!isSafeMethod)
    return fromOwnPage(headers, isOwn) ? undefined : 'This request changes something and comes from another page.';
  // A sibling's page is the same site, so its requests carry the cookie; a click on its links may go through, a fetch may not.
  const isForeign = headers.fetchSite === 'same-site' || headers.fetchSite === 'cross-site';
  return isForeign && headers.fetchMode !== 'navigate' ? 'This request comes from another page.' : undefined;
}

function fromOwnPage({ origin, fetchSite }: Pick<RequestHeaders, 'origin' | 'fetchSite'>, isOwn: boolean): boolean {
  if (origin !== undefined && !isOwn) return false;
  if (fetchSite !== undefined && fetchSite !== 'same-origin') return false;
  return origin !== undefined || fetchSite !== undefined;
}
