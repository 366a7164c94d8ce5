import { BlockList, isIP } from 'node:net';

/** Something that a host either fits or not. Hosts are lower case, without the brackets of IPv6 and the dot at the end. */
export interface HostPattern {
  /** In its one form. */
  readonly text: string;
  readonly kind: 'host' | 'glob' | 'domain' | 'network';
  matches(host: string): boolean;
}

const MAX_HOST = 253;
/** Underscores are in no host by the standards and in many by use. */
const LABELS = /^[a-z0-9_*-]{1,63}(?:\.[a-z0-9_*-]{1,63})*$/;

/** `example.com`, `*.example.com`, `.example.com`, `10.0.0.0/8`, an address; undefined when it is none of these. */
export function parseHostPattern(given: string): HostPattern | undefined {
  const text = given.trim();
  if (text.includes('/')) return parseNetwork(text);
  if (text.startsWith('.')) return parseDomain(text.slice(1));
  const host = canonicalHost(text);
  if (host === undefined) return undefined;
  if (!host.includes('*')) return { text: host, kind: 'host', matches: (other) => other === host };
  const fits = globOf(host);
  return { text: host, kind: 'glob', matches: (other) => fits(other) };
}

/** The form in which hosts are compared; undefined when it is no host. May hold `*`. */
export function canonicalHost(given: string): string | undefined {
  const bare = given.startsWith('[') && given.endsWith(']') ? given.slice(1, -1) : given;
  if (isIP(bare) === 6) return bare.includes('%') ? undefined : new URL(`http://[${bare}]`).hostname.slice(1, -1);
  if (bare !== given || given.length > MAX_HOST || /[\s/\\?#@:%]/.test(given)) return undefined;
  const host = asciiOf(given).replace(/\.$/, '');
  return LABELS.test(host) ? host : undefined;
}

/** What a browser makes of it: other alphabets in ASCII, `127.1` as `127.0.0.1`. A pattern is no name yet. */
function asciiOf(host: string): string {
  if (host.includes('*')) return host.toLowerCase();
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
}

function parseDomain(given: string): HostPattern | undefined {
  const host = canonicalHost(given);
  if (host === undefined || host.includes('*') || isIP(host) !== 0) return undefined;
  return { text: `.${host}`, kind: 'domain', matches: (other) => other === host || other.endsWith(`.${host}`) };
}

function parseNetwork(text: string): HostPattern | undefined {
  const [, address = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128) || address.includes('%')) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  return {
    text: `${address.toLowerCase()}/${Number(bits)}`,
    kind: 'network',
    matches: (host) => isIP(host) !== 0 && list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6'),
  };
}

/**
 * Whether a text fits a pattern with stars. Star by star from the left, each taking as little as it can: in time that grows with
 * the product of both lengths at worst, where a regular expression made from `*a*a*a*a` takes for ever.
 */
function globOf(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const part of rest) {
      const at = text.indexOf(part, from);
      if (at === -1) return false;
      from = at + part.length;
    }
    return from <= text.length - last.length;
  };
}
