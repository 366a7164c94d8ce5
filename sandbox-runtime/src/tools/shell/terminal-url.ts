import type { IncomingHttpHeaders } from 'node:http';

const HOST = /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;
/** Path segments without `..`, which a browser would walk up. */
const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+){1,16}$/;

/**
 * The URL of the terminal's page as the caller reaches it: behind a gateway by what the gateway says of itself. What does not
 * look like a host or a path is not repeated.
 */
export function terminalUrl(headers: IncomingHttpHeaders, sessionId: string): string {
  const scheme = first(headers['x-forwarded-proto'])?.toLowerCase() === 'https' ? 'https' : 'http';
  const hosts = [first(headers['x-forwarded-host']), headers.host];
  const host = hosts.find((value) => value !== undefined && HOST.test(value)) ?? 'localhost';
  const prefix = first(headers['x-forwarded-prefix'])?.replace(/\/+$/, '') ?? '';
  return `${scheme}://${host}${PREFIX.test(prefix) ? prefix : ''}/terminal?session_id=${encodeURIComponent(sessionId)}`;
}

/** Each proxy on the way appends what it saw; the first stood nearest to the caller. */
function first(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value[0] : value)?.split(',')[0]?.trim();
}
