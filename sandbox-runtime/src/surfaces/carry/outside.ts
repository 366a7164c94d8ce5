import type { IncomingHttpHeaders } from 'node:http';

/** How the caller reaches this sandbox: behind a gateway, by what the gateway says of itself. */
export interface Outside {
  readonly scheme: 'http' | 'https';
  /** With the port, as a Host header has it. */
  readonly host: string;
  /** What stands before the sandbox's own paths: `/s/abc`, or nothing. */
  readonly prefix: string;
}

const HOST = /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;
/** Path segments without `..`, which a browser would walk up. */
const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+){1,16}$/;

/** What does not look like a scheme, a host or a path is not repeated: it gets into answers. */
export function outsideOf(headers: IncomingHttpHeaders): Outside {
  const hosts = [first(headers['x-forwarded-host']), headers.host];
  const prefix = first(headers['x-forwarded-prefix'])?.replace(/\/+$/, '') ?? '';
  return {
    scheme: first(headers['x-forwarded-proto'])?.toLowerCase() === 'https' ? 'https' : 'http',
    host: hosts.find((value) => value !== undefined && HOST.test(value)) ?? 'localhost',
    prefix: PREFIX.test(prefix) ? prefix : '',
  };
}

/** Each proxy on the way appends what it saw; the first stood nearest to the caller. */
function first(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value[0] : value)?.split(',')[0]?.trim();
}
