import type { HostPattern } from './host-pattern.ts';
import type { ProxyRules } from './rules.ts';

/**
 * The rules as a PAC file. It tells what may go past the proxy; the proxy itself goes by the same rules, so a host that is sent
 * there in doubt (a network of IPv6, a mapping with a path) still takes the right way. The upstream proxy is not named.
 */
export function pacOf({ mappings, excludes, includes, upstream }: ProxyRules, port: number): string {
  const proxy = JSON.stringify(`PROXY 127.0.0.1:${port}`);
  const lines = [
    String.raw`if (host === "::1" || /^127(\.\d+){3}$|^(.*\.)?localhost$/.test(host)) return "DIRECT";`,
    ...mappings.map(({ source }) => `if (${conditionOf(source.host)}) return ${proxy};`),
  ];
  if (upstream !== undefined) {
    lines.push(...excludes.map((pattern) => `if (${conditionOf(pattern)}) return "DIRECT";`));
    if (includes.length === 0) lines.push(`return ${proxy};`);
    else lines.push(...includes.map((pattern) => `if (${conditionOf(pattern, true)}) return ${proxy};`));
  }
  lines.push('return "DIRECT";');
  const body = ['host = host.toLowerCase().replace(/^\\[|\\]$|\\.$/g, "");', ...lines].map((line) => `  ${line}\n`).join('');
  return `function FindProxyForURL(url, host) {\n${body}}\n`;
}

/** Patterns hold no character that would end a string; they are quoted all the same. */
function conditionOf({ kind, text }: HostPattern, unknown = false): string {
  const quoted = JSON.stringify(text);
  if (kind === 'host') return `host === ${quoted}`;
  if (kind === 'glob') return `shExpMatch(host, ${quoted})`;
  if (kind === 'domain') return `host === ${JSON.stringify(text.slice(1))} || host.endsWith(${quoted})`;
  const [address = '', bits = ''] = text.split('/');
  if (address.includes(':')) return String(unknown);
  // Of names isInNet would ask the resolver; the proxy does not either.
  return `/^[0-9.]+$/.test(host) && isInNet(host, ${JSON.stringify(address)}, ${JSON.stringify(maskOf(Number(bits)))})`;
}

const maskOf = (bits: number): string =>
  [0, 1, 2, 3].map((octet) => 256 - 2 ** (8 - Math.min(8, Math.max(0, bits - 8 * octet)))).join('.');
