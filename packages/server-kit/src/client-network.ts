import { isIPv6 } from 'node:net';

const MAPPED_IPV4 = '::ffff:';

/** What failures are counted by: the address, or for IPv6 the /64 around it, since whoever has one address there has them all. */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  if (address.startsWith(MAPPED_IPV4)) return address.slice(MAPPED_IPV4.length);
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
