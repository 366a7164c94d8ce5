/** A range of addresses. `text` is what a NetworkPolicy gets. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly prefix: number;
  readonly text: string;
}

const WIDTH = { 4: 32, 6: 128 } as const;

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a bare address (a range of one); undefined for anything else. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const family = address.includes(':') ? 6 : 4;
  const value = family === 6 ? parseIpv6(address) : parseIpv4(address);
  if (value === undefined) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? WIDTH[family] : Number(length);
  if (prefix > WIDTH[family]) return undefined;
  const hostBits = BigInt(WIDTH[family] - prefix);
  const base = (value >> hostBits) << hostBits;
  return { family, base, prefix, text: `${formatAddress(family, base)}/${prefix}` };
}

/** Whether every address of `inner` is one of `outer`; two ranges either nest or have nothing in common. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  const hostBits = BigInt(WIDTH[outer.family] - outer.prefix);
  return inner.base >> hostBits === outer.base >> hostBits;
}

/** The same addresses in as few ranges as nesting allows, sorted, so that equal sets give equal lists. */
export function mergeCidrs(cidrs: readonly Cidr[]): readonly Cidr[] {
  const sorted = cidrs.toSorted((a, b) => a.family - b.family || compare(a.base, b.base) || a.prefix - b.prefix);
  const merged: Cidr[] = [];
  for (const cidr of sorted) {
    const last = merged.at(-1);
    if (last === undefined || !containsCidr(last, cidr)) merged.push(cidr);
  }
  return merged;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    // A leading zero reads as octal to some and as decimal to others.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | undefined {
  const withoutTail = replaceIpv4Tail(text);
  if (withoutTail === undefined) return undefined;
  const halves = withoutTail.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...(right ?? [])];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** `::ffff:10.0.0.1` is written with its last four bytes in decimal. */
function replaceIpv4Tail(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const at = text.lastIndexOf(':') + 1;
  const tail = parseIpv4(text.slice(at));
  if (tail === undefined) return undefined;
  return `${text.slice(0, at)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
}

function formatAddress(family: 4 | 6, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString()).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  return compressZeros(groups.map((group) => group.toString(16)));
}

/** RFC 5952: the longest run of two or more zero groups, the first of equals, becomes `::`. */
function compressZeros(groups: readonly string[]): string {
  const zeroRun = (start: number) => {
    const end = groups.findIndex((group, index) => index >= start && group !== '0');
    return (end === -1 ? groups.length : end) - start;
  };
  const runs = groups.map((_, start) => zeroRun(start));
  const longest = Math.max(...runs);
  if (longest < 2) return groups.join(':');
  const start = runs.indexOf(longest);
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + longest).join(':')}`;
}
