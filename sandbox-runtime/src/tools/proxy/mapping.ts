import type { ProxyMappingRoute } from '@sandfleet/contract/runtime';

import { parseAuthority, type Endpoint } from './authority.ts';
import { canonicalHost, parseHostPattern, type HostPattern } from './host-pattern.ts';
import type { Destination } from './request-target.ts';

interface Source {
  /** In its one form: what mappings are told apart by. */
  readonly text: string;
  readonly scheme: 'http' | 'https' | undefined;
  readonly host: HostPattern;
  readonly port: number | undefined;
  /** Without a slash at the end; empty for all paths. */
  readonly path: string;
}

interface Target extends Endpoint {
  /** undefined leaves the path as it is. */
  readonly path: string | undefined;
}

export interface Mapping {
  readonly source: Source;
  readonly target: Target;
  /** As it is told. */
  readonly route: ProxyMappingRoute;
}

/** No control characters, spaces, query or fragment; `\` is a slash to some and not to others. */
const PATH = /^[\x21-\x7e]*$/;
const LOOPBACK = '127.0.0.1';

/** `[http(s)://]host[:port][/path]`; undefined when it is something else. */
export function parseSource(given: string): Source | undefined {
  const text = given.trim();
  // Some clients send it as part of a path, in which two slashes become one.
  const [, scheme, host = '', digits, path = ''] =
    /^(?:(https?):\/{1,2})?(\[[0-9a-f:.]+\]|[^\s:[\]@/?#\\]+)(?::(\d{1,5}))?(\/[^?#\\]*)?$/i.exec(text) ?? [];
  const pattern = canonicalHost(host) === undefined ? undefined : parseHostPattern(host);
  const port = digits === undefined ? undefined : Number(digits);
  if (pattern === undefined || (port !== undefined && (port < 1 || port > 65_535)) || !PATH.test(path)) return undefined;
  const source = {
    // The expression knows no third one.
    scheme: scheme?.toLowerCase() as Source['scheme'],
    host: pattern,
    port,
    path: path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, ''),
  };
  return { ...source, text: format(source) };
}

function format({ scheme, host, port, path }: Omit<Source, 'text'>): string {
  const name = host.text.includes(':') ? `[${host.text}]` : host.text;
  return `${scheme === undefined ? '' : `${scheme}://`}${name}${port === undefined ? '' : `:${port}`}${path}`;
}

/** `[host:]port[/path]`, also as `:port` and with `http://` before it; undefined when it is something else. */
export function parseTarget(given: string): Target | undefined {
  const [, authority = '', path] = /^(?:http:\/\/)?([^/?#]+)(\/[^?#\\]*)?$/i.exec(given.trim()) ?? [];
  const endpoint = parseAuthority(/^:?\d+$/.test(authority) ? `${LOOPBACK}:${authority.replace(':', '')}` : authority);
  if (endpoint === undefined || !PATH.test(path ?? '')) return undefined;
  return { ...endpoint, path };
}

export function createMapping(source: Source, target: Target, givenTarget: string): Mapping {
  return {
    source,
    target,
    route: {
      source: source.text,
      target: givenTarget.trim(),
      source_host: source.host.text,
      source_path: source.path === '' ? '/' : source.path,
      internal_port: target.port,
    },
  };
}

export function matches({ source }: Mapping, { scheme, host, port, path }: Destination): boolean {
  if (source.scheme !== undefined && scheme !== undefined && source.scheme !== scheme) return false;
  if (source.port !== undefined && source.port !== port) return false;
  if (!source.host.matches(host)) return false;
  if (source.path === '') return true;
  if (path === undefined || !path.startsWith(source.path)) return false;
  return ['', '/', '?'].includes(path.charAt(source.path.length));
}

/** The path that the target is asked for. */
export function targetPath({ source, target }: Mapping, path: string): string {
  if (target.path === undefined) return path;
  const rest = path.slice(source.path.length);
  if (rest.startsWith('/')) return `${target.path.replace(/\/$/, '')}${rest}`;
  return `${target.path}${rest}`;
}

/** The one that says more comes first: a host before a pattern, a longer pattern, a longer path, a port, a protocol. */
export function bySpecificity({ source: a }: Mapping, { source: b }: Mapping): number {
  const literal = ({ host }: Source): number => host.text.replaceAll('*', '').length;
  return (
    Number(b.host.kind === 'host') - Number(a.host.kind === 'host') ||
    literal(b) - literal(a) ||
    b.path.length - a.path.length ||
    Number(b.port !== undefined) - Number(a.port !== undefined) ||
    Number(b.scheme !== undefined) - Number(a.scheme !== undefined)
  );
}
