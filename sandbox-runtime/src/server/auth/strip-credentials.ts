import type { IncomingHttpHeaders } from 'node:http';

/** Query parameters that let somebody in. */
const PARAMETERS: ReadonlySet<string> = new Set(['ticket', 'api_key']);
const HEADERS: ReadonlySet<string> = new Set(['authorization', 'x-aio-api-key', 'x-sandfleet-inner']);
/** Our cookies, and those of the gateway in front of us. */
const COOKIE = /^(?:__host-|__secure-)?sandfleet/i;
const HIDDEN = '[redacted]';

/** What of a request may go on to a program in the sandbox: nothing that lets anybody into this server. */
export function stripCredentials(
  url: string,
  headers: IncomingHttpHeaders,
): { readonly url: string; readonly headers: IncomingHttpHeaders } {
  const kept: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    // Servers behind CGI-like interfaces read `_` as `-`.
    if (HEADERS.has(name.toLowerCase().replaceAll('_', '-'))) continue;
    kept[name] = value;
  }
  const cookie = stripCookies(headers.cookie);
  if (cookie === undefined) delete kept.cookie;
  else kept.cookie = cookie;
  return { url: stripQuery(url), headers: kept };
}

/** A `Cookie` header without our cookies; undefined when nothing is left. */
export function stripCookies(header: string | undefined): string | undefined {
  if (header === undefined || !/sandfleet/i.test(header)) return header;
  const kept = header.split(';').filter((pair) => !COOKIE.test(pair.trim()));
  const rest = kept.join(';').trim();
  return rest === '' ? undefined : rest;
}

/** A path and query without credentials, other bytes as sent. */
export function stripQuery(url: string): string {
  return mapQuery(url, (name) => (PARAMETERS.has(name) ? undefined : 'keep'));
}

/**
 * A path and query as a log may have it. A page's URL may carry the URL of its socket as a parameter of its own
 * (`path=websockify%3Fticket%3D…`), so values are looked into as well.
 */
export function redactUrl(url: string): string {
  return mapQuery(url, (name, value) => {
    if (PARAMETERS.has(name)) return HIDDEN;
    return carriesCredential(value) ? HIDDEN : 'keep';
  });
}

/** Whether a decoded value is a URL with a credential in its own query. */
export function carriesCredential(value: string): boolean {
  return /(?:^|[?&;/])(?:ticket|api_key)=/i.test(decodeAll(value));
}

function mapQuery(url: string, decide: (name: string, value: string) => string | undefined): string {
  const mark = url.indexOf('?');
  if (mark < 0) return url;
  const parts = url.slice(mark + 1).split('&');
  const kept = parts.flatMap((part) => {
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const verdict = decide(name, equals < 0 ? '' : part.slice(equals + 1));
    if (verdict === undefined) return [];
    return [verdict === 'keep' ? part : `${equals < 0 ? part : part.slice(0, equals)}=${verdict}`];
  });
  return kept.length === 0 ? url.slice(0, mark) : `${url.slice(0, mark)}?${kept.join('&')}`;
}

/** The first value of a query parameter, decoded. */
export function queryValue(url: string, parameter: string): string | undefined {
  const mark = url.indexOf('?');
  if (mark < 0) return undefined;
  for (const part of url.slice(mark + 1).split('&')) {
    const equals = part.indexOf('=');
    if (decode(equals < 0 ? part : part.slice(0, equals)) === parameter) return equals < 0 ? '' : decode(part.slice(equals + 1));
  }
  return undefined;
}

/** A value may be escaped more than once; three times is more than anybody has a reason for. */
function decodeAll(text: string): string {
  return [1, 2, 3].reduce((shown) => decode(shown), text);
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
