import { Type, type Static } from 'typebox';

import { notYet, rules } from '../rule.ts';
import { SANDBOX_LIMITS } from './limits.ts';

export const EGRESS_MODES = ['Deny', 'Internet', 'Restricted', 'Open'] as const;
export type EgressMode = (typeof EGRESS_MODES)[number];

/**
 * Ranges that no list of CIDRs opens: this host, link-local (where clouds serve their metadata), multicast, and the IPv6 ranges
 * that lead back to IPv4. The mapped range ::ffff:0:0/96 is not among them: isCIDR() refuses that notation altogether.
 */
export const NEVER_ALLOWED_CIDRS = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '168.63.129.16/32',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  'fd00:ec2::254/128',
  'fe80::/10',
  'ff00::/8',
] as const;

const neverAllowed = NEVER_ALLOWED_CIDRS.map((cidr) => `cidr('${cidr}').containsCIDR(self)`).join(' || ');

const Cidr = Type.String({
  description: 'An IPv4 or IPv6 range in CIDR notation, such as 203.0.113.0/24.',
  minLength: 1,
  maxLength: SANDBOX_LIMITS.cidrLength,
  ...rules(
    {
      rule: 'isCIDR(self)',
      message: 'an entry of spec.network.egress.cidrs must be a range in CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32',
    },
    {
      rule: '!isCIDR(self) || cidr(self) == cidr(self).masked()',
      message:
        'an entry of spec.network.egress.cidrs has bits set behind its prefix length; write the first address of the range',
    },
    {
      rule: `!isCIDR(self) || !(${neverAllowed})`,
      message:
        'an entry of spec.network.egress.cidrs lies in a range that a sandbox never reaches (loopback, link-local and metadata addresses, multicast)',
      reason: 'FieldValueForbidden',
    },
  ),
});

const Egress = Type.Object(
  {
    mode: Type.Enum([...EGRESS_MODES], {
      description:
        "Where the sandbox may connect to. Deny: nowhere, not even to DNS. Internet: public addresses and the cluster's DNS, but no private, node or metadata address. Restricted: the listed ranges and the cluster's DNS. Open: everywhere. May change while the sandbox runs.",
      default: 'Internet',
    }),
    cidrs: Type.Optional(
      Type.Array(Cidr, {
        description:
          'The ranges that mode Restricted allows. Private ranges may be listed; node and metadata addresses stay out of reach all the same.',
        maxItems: SANDBOX_LIMITS.cidrs,
        'x-kubernetes-list-type': 'set',
      }),
    ),
    domains: Type.Optional(
      Type.Array(Type.String({ description: 'A host name, or *. and a domain.', minLength: 1, maxLength: 253 }), {
        description: 'The host names that mode Restricted allows. Not supported by this version yet.',
        maxItems: SANDBOX_LIMITS.domains,
        'x-kubernetes-list-type': 'set',
      }),
    ),
  },
  {
    description: 'Connections that the sandbox opens.',
    default: {},
    ...rules(
      notYet('spec.network.egress', 'domains', 'remove it and list CIDRs instead'),
      {
        rule: `!has(self.cidrs) || size(self.cidrs) == 0 || self.mode == 'Restricted'`,
        message:
          'spec.network.egress.cidrs has a meaning in mode Restricted only; set spec.network.egress.mode to Restricted or remove it',
        fieldPath: '.cidrs',
      },
      {
        rule: `self.mode != 'Restricted' || (has(self.cidrs) && size(self.cidrs) > 0)`,
        message: 'spec.network.egress.cidrs must list at least one range in mode Restricted; use mode Deny to allow none',
        fieldPath: '.cidrs',
        reason: 'FieldValueRequired',
      },
    ),
  },
);

export const Network = Type.Object(
  { egress: Egress },
  {
    description: 'Network of the sandbox. Connections into it come through the gateway alone; that cannot be changed.',
    default: {},
  },
);
export type Egress = Static<typeof Egress>;
export type Network = Static<typeof Network>;
