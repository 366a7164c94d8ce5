import type { ProxyDiagnoseResult } from '@sandfleet/contract/runtime';

import { authorityOf, parseAuthority, type Endpoint } from './authority.ts';
import { targetPath, type Mapping } from './mapping.ts';
import { ProxyError } from './proxy-error.ts';
import type { Destination } from './request-target.ts';
import type { ProxyRules, Route } from './rules.ts';

export interface Diagnosis {
  readonly result: ProxyDiagnoseResult;
  /** Which rule it was, or what stands in the way. */
  readonly hint: string;
}

/** Opens connections to see whether it can; both throw ProxyError with what stands in the way. */
export interface Reach {
  /** Whether this may be asked of an upstream proxy. */
  allows(to: Endpoint): void;
  connects(to: Endpoint): Promise<void>;
}

const PORTS = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 } as const;

/** The destination that a browser would make of a URL; undefined when it would not ask a proxy for it. */
export function destinationOf(url: string): Destination | undefined {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`;
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname, search, host } = new URL(text);
  const defaultPort = Object.hasOwn(PORTS, protocol) ? PORTS[protocol as keyof typeof PORTS] : undefined;
  if (defaultPort === undefined) return undefined;
  const endpoint = parseAuthority(`${hostname}:${port === '' ? defaultPort : port}`);
  if (endpoint === undefined) return undefined;
  return {
    ...endpoint,
    scheme: protocol === 'https:' || protocol === 'wss:' ? 'https' : 'http',
    // The rest come by CONNECT.
    path: protocol === 'http:' ? pathname + search : undefined,
    authority: host,
  };
}

export async function diagnose(url: string, rules: ProxyRules, reach: Reach): Promise<Diagnosis> {
  const destination = destinationOf(url);
  if (destination === undefined)
    return { result: { url, target_reachable: false, route: 'refused' }, hint: 'The proxy takes http, https, ws and wss URLs.' };
  const route = rules.route(destination);
  const { to, shown, why } = explain(route, destination);
  const base = {
    url,
    ...(route.kind === 'mapping' ? { matched_mapping: route.mapping.route } : {}),
    resolved_target: shown,
  };
  try {
    if (route.kind === 'upstream') reach.allows(destination);
    await reach.connects(to);
    return { result: { ...base, target_reachable: true, route: route.kind }, hint: why };
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    const kind = error.status === 403 ? 'refused' : route.kind;
    return { result: { ...base, target_reachable: false, route: kind }, hint: `${why} ${error.message}` };
  }
}

function explain(
  route: Route,
  destination: Destination,
): { readonly to: Endpoint; readonly shown: string; readonly why: string } {
  if (route.kind === 'upstream') {
    const { endpoint, address } = route.upstream;
    return { to: endpoint, shown: address, why: `The upstream proxy ${address} takes it.` };
  }
  if (route.kind === 'direct') return { to: destination, shown: authorityOf(destination), why: route.why };
  const { mapping } = route;
  return { to: mapping.target, shown: shownTarget(mapping, destination), why: `The mapping of ${mapping.source.text} matches.` };
}

const shownTarget = (mapping: Mapping, { path }: Destination): string =>
  `${authorityOf(mapping.target)}${path === undefined ? '' : targetPath(mapping, path)}`;
