import { isIP } from 'node:net';

import { canonicalHost } from './host-pattern.ts';

/** A host, in the form in which hosts are compared, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with the port that goes without saying when there is one; undefined when it is something else. */
export function parseAuthority(text: string, defaultPort?: number): Endpoint | undefined {
  const [, name = '', digits] = /^(\[[0-9a-f:.]{2,45}\]|[^\s:[\]@/?#\\]{1,255})(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = canonicalHost(name);
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || host.includes('*') || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

export const authorityOf = ({ host, port }: Endpoint): string => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
