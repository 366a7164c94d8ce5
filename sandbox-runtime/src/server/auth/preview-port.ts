import type { IncomingHttpHeaders } from 'node:http';

/** `invalid`: the request names a port that is none, or two different ones; nothing may answer it. */
export type PreviewPort = number | 'invalid' | undefined;

const LABEL = /^([0-9]+)-[^.]/;

/**
 * The port that a request is for by its headers alone, whatever its path: `x-aio-proxy-port: 3000`, or a host name that begins
 * with `3000-`. The guard and the preview ask this one function: if they disagreed, a credential for a preview would open the
 * API, or none would open a preview.
 */
export function previewPortOf(headers: IncomingHttpHeaders): PreviewPort {
  const header = headers['x-aio-proxy-port'];
  const told = header === undefined ? undefined : portOf(String(header));
  if (told === 'invalid') return told;
  const label = hostPort(headers);
  return told !== undefined && label !== undefined && told !== label ? 'invalid' : (told ?? label);
}

/** Behind a prefix every sandbox has the same host name, so that says nothing about ports. */
function hostPort({ host, 'x-forwarded-prefix': prefix }: IncomingHttpHeaders): PreviewPort {
  const [, digits] = LABEL.exec(host ?? '') ?? [];
  return digits === undefined || (prefix !== undefined && prefix !== '') ? undefined : portOf(digits);
}

/** One spelling for one port: a number with leading zeros, a sign or a space is no port. */
export function portOf(text: string): number | 'invalid' {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return 'invalid';
  const port = Number(text);
  return port <= 65_535 ? port : 'invalid';
}
