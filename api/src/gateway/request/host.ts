import { isIP } from 'node:net';

import { ApiError } from '@sandfleet/contract';
import type { GatewayAddress } from '@sandfleet/crds';

/** The names under which the gateway answers. Every other name is refused: a page that rebinds its own name to our address has one. */
export interface Hosts {
  /** Host name of the public URL; paths `/s/{id}/` are served under it. */
  readonly pathHost: string | undefined;
  /** Sandboxes are served as `{id}.{domain}` and `{port}-{id}.{domain}`. */
  readonly domain: string | undefined;
  /** Scheme that clients use; unknown where no public URL says it. */
  readonly scheme: 'http' | 'https' | undefined;
}

export interface Host {
  /** Lower case, without the port; an IPv6 address without its brackets. */
  readonly name: string;
  readonly port: string | undefined;
}

export function hostsOf({ url, domain }: GatewayAddress): Hosts {
  const base = url ? new URL(url) : undefined;
  return {
    pathHost: base === undefined ? undefined : parseHost(base.host)?.name,
    domain: domain ? domain.toLowerCase() : undefined,
    scheme: base === undefined ? undefined : base.protocol === 'https:' ? 'https' : 'http',
  };
}

const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?))(?::([0-9]{1,5}))?$/;

export function parseHost(text: string): Host | undefined {
  const match = HOST.exec(text.toLowerCase());
  if (match === null) return undefined;
  const name = match[1] ?? match[2] ?? '';
  if (match[1] !== undefined && isIP(name) !== 6) return undefined;
  return { name, port: match[3] };
}

export type Place = { readonly mode: 'path' } | { readonly mode: 'subdomain'; readonly label: string };

/**
 * Where the request was sent by its Host header.
 *
 * @throws ApiError UNKNOWN_HOST
 */
export function placeOf(hosts: Hosts, header: string): Place {
  const host = parseHost(header);
  if (host === undefined) throw unknownHost('The Host header is not a host name.');
  const { pathHost, domain } = hosts;
  if (domain !== undefined && host.name.endsWith(`.${domain}`)) {
    const label = host.name.slice(0, -domain.length - 1);
    // A certificate for *.domain covers one label, and an id is one label.
    if (!label.includes('.')) return { mode: 'subdomain', label };
  }
  if (pathHost !== undefined && host.name === pathHost) return { mode: 'path' };
  if (pathHost === undefined && domain === undefined && isNearby(host.name)) return { mode: 'path' };
  throw unknownHost('No sandbox is served under this host name.');
}

/** Names that no page of the internet can have: addresses, this machine, Services of the cluster. */
function isNearby(name: string): boolean {
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.svc') || name.endsWith('.svc.cluster.local');
}

function unknownHost(message: string): ApiError {
  return new ApiError('UNKNOWN_HOST', { message });
}
