import { parseAuthority, type Endpoint } from './authority.ts';

/** What a client wants of the proxy. */
export interface Destination extends Endpoint {
  /** undefined where a tunnel may carry either. */
  readonly scheme: 'http' | 'https' | undefined;
  /** Path and query, byte by byte as they came; undefined for a tunnel, whose path nobody sees. */
  readonly path: string | undefined;
  /** As the client wrote it, for the Host header. */
  readonly authority: string;
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/**
 * `http://host[:port]/path`: what a proxy is asked for (RFC 9112, 3.2.2). Credentials before the host are refused: clients strip
 * them, and what does not could mean to hide the host. Undefined when it is anything else.
 */
export function parseAbsoluteForm(target: string): Destination | undefined {
  const [, authority = '', rest = ''] = /^http:\/\/([^/?#@\\]+)([/?][^#]*)?$/i.exec(target) ?? [];
  const endpoint = parseAuthority(authority, HTTP_PORT);
  if (endpoint === undefined) return undefined;
  return { ...endpoint, scheme: 'http', path: rest.startsWith('/') ? rest : `/${rest}`, authority };
}

/** `host:port` of a CONNECT. */
export function parseConnect(target: string): Destination | undefined {
  const endpoint = parseAuthority(target);
  if (endpoint === undefined) return undefined;
  return { ...endpoint, scheme: schemeOf(endpoint.port), path: undefined, authority: target };
}

function schemeOf(port: number): Destination['scheme'] {
  if (port === HTTP_PORT) return 'http';
  return port === HTTPS_PORT ? 'https' : undefined;
}
