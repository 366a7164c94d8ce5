import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** To connect to "any address" is to connect to this machine. */
const UNSPECIFIED = new BlockList();
UNSPECIFIED.addSubnet('0.0.0.0', 8, 'ipv4');
UNSPECIFIED.addAddress('::', 'ipv6');

// An IPv4 address in the clothes of IPv6 is found by its IPv4 entry.
const isIn = (list: BlockList, address: string): boolean => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether a host is this machine by its very name (RFC 6761) or address; asks nobody. */
export function isLoopback(host: string): boolean {
  if (isIP(host) !== 0) return isIn(LOOPBACK, host);
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Whether a connection to an IP address stays on this machine. */
export function isLocalAddress(address: string): boolean {
  if (isIn(LOOPBACK, address) || isIn(UNSPECIFIED, address)) return true;
  const own = new BlockList();
  for (const entries of Object.values(networkInterfaces())) {
    for (const { address, family } of entries ?? []) own.addAddress(address, family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return isIn(own, address);
}

/** Whether a host is this machine as far as can be told without a look-up. */
export const isHere = (host: string): boolean => isLoopback(host) || (isIP(host) !== 0 && isLocalAddress(host));
