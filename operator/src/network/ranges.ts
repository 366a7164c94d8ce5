import { NEVER_ALLOWED_CIDRS } from '@sandfleet/crds';

import { parseCidr, type Cidr } from './cidr.ts';

/** Parses ranges that this program itself writes down. */
function ranges(...texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new Error(`${text} is no CIDR`);
    return cidr;
  });
}

/** Where the public internet is. In IPv6 that is 2000::/3 alone: whatever has another meaning lies outside of it. */
export const INTERNET = ranges('0.0.0.0/0', '2000::/3');

/** Parts of `INTERNET` that are private, special (RFC 6890), or lead back to IPv4 by 6to4 and Teredo. */
export const NOT_INTERNET = ranges(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001::/32',
  '2002::/16',
);

/** What no list of a user opens. */
export const NEVER_ALLOWED = ranges(...NEVER_ALLOWED_CIDRS);
