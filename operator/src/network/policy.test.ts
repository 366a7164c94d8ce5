import type { NetworkPolicy } from '@sandfleet/kube';
import { describe, expect, it } from 'vitest';

import { containsCidr, parseCidr } from './cidr.ts';
import { deniedAddresses, onlyAddresses } from './denied-addresses.ts';
import { egressIntent, labelOfPolicy, networkLabel, policyName, type EgressIntent } from './egress-key.ts';
import { buildClosedPolicy, buildPolicy } from './policy.ts';

const gateway = { namespace: 'sandfleet-system', instance: 'fleet' };

const node = (addresses: readonly { type: string; address: string }[], podCIDRs: readonly string[] = []) =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: { podCIDRs }, status: { addresses } }) as const;

const denied = deniedAddresses(
  [
    node(
      [
        { type: 'InternalIP', address: '10.0.0.4' },
        { type: 'ExternalIP', address: '198.51.100.4' },
        { type: 'InternalIP', address: '2600:1f00::4' },
        { type: 'Hostname', address: 'n' },
      ],
      ['100.200.0.0/24', '2600:1f00:9::/64'],
    ),
  ],
  [parseCidr('203.0.112.0/24')].flatMap((cidr) => cidr ?? []),
);

const build = (intent: EgressIntent): NetworkPolicy => buildPolicy('team', intent, { denied, gateway });

interface Block {
  readonly cidr: string;
  readonly except?: readonly string[];
}

const blocks = (policy: NetworkPolicy): readonly Block[] =>
  (policy.spec?.egress ?? []).flatMap(({ to }) => (to ?? []).flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [ipBlock])));

/** Whether the address blocks of the policy let a connection out; selectors of pods are another matter. */
function lets(policy: NetworkPolicy, address: string): boolean {
  const target = parseCidr(address);
  if (target === undefined) throw new Error(`${address} is no address`);
  const within = (text: string) => {
    const range = parseCidr(text);
    return range !== undefined && containsCidr(range, target);
  };
  return blocks(policy).some(({ cidr, except = [] }) => within(cidr) && !except.some(within));
}

describe('buildPolicy()', () => {
  it('lets in the gateway of this release alone, whatever the mode', () => {
    for (const mode of ['Deny', 'Internet', 'Open'] as const) {
      const { spec } = build({ mode, cidrs: [] });
      expect(spec?.policyTypes).toEqual(['Ingress', 'Egress']);
      expect(spec?.ingress).toEqual([
        {
          from: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'sandfleet-system' } },
              podSelector: {
                matchLabels: {
                  'app.kubernetes.io/name': 'sandfleet',
                  'app.kubernetes.io/instance': 'fleet',
                  'app.kubernetes.io/component': 'gateway',
                },
              },
            },
          ],
          ports: [{ port: 8080, protocol: 'TCP' }],
        },
      ]);
    }
  });

  it('selects the pods by the label that its name holds', () => {
    const intent = { mode: 'Internet', cidrs: [] } as const;
    const policy = build(intent);
    expect(policy.metadata.name).toBe(policyName(networkLabel(intent)));
    expect(labelOfPolicy(policy.metadata.name)).toBe(networkLabel(intent));
    expect(policy.spec?.podSelector).toEqual({ matchLabels: { 'sandfleet.dev/network': networkLabel(intent) } });
    expect(networkLabel(intent)).toMatch(/^internet-[0-9a-f]{16}$/);
  });

  it('allows nothing at all in mode Deny, and everything in mode Open', () => {
    expect(build({ mode: 'Deny', cidrs: [] }).spec?.egress).toEqual([]);
    expect(build({ mode: 'Open', cidrs: [] }).spec?.egress).toEqual([{}]);
  });

  const internet: readonly (readonly [string, boolean])[] = [
    ['8.8.8.8', true],
    ['203.0.113.10', true],
    ['2606:4700::1111', true],
    ['10.0.0.1', false],
    ['172.16.0.1', false],
    ['172.31.255.255', false],
    ['172.32.0.1', true],
    ['192.168.1.1', false],
    ['100.64.0.1', false],
    ['100.100.100.200', false],
    ['169.254.169.254', false],
    ['168.63.129.16', false],
    ['127.0.0.1', false],
    ['0.0.0.0', false],
    ['192.0.0.192', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['198.51.100.4', false],
    ['198.51.100.5', true],
    ['100.200.0.9', false],
    ['203.0.112.1', false],
    ['::1', false],
    ['fc00::1', false],
    ['fd00:ec2::254', false],
    ['fe80::1', false],
    ['ff02::1', false],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b::a00:1', false],
    ['2002:a00:1::', false],
    ['2001:0:a00::1', false],
    ['2600:1f00::4', false],
    ['2600:1f00:9::1', false],
    ['2600:1f00:a::1', true],
  ];
  it.for(internet)('in mode Internet, %s is reachable: %s', ([address, reachable]) => {
    expect(lets(build({ mode: 'Internet', cidrs: [] }), address)).toBe(reachable);
  });

  const restricted: readonly (readonly [readonly string[], string, boolean])[] = [
    [['192.168.7.0/24'], '192.168.7.9', true],
    [['192.168.7.0/24'], '192.168.8.9', false],
    [['192.168.7.0/24'], '8.8.8.8', false],
    [['10.0.0.0/8'], '10.0.0.5', true],
    [['10.0.0.0/8'], '10.0.0.4', false],
    [['10.0.0.4/32'], '10.0.0.4', false],
    [['0.0.0.0/0'], '169.254.169.254', false],
    [['0.0.0.0/0'], '127.0.0.1', false],
    [['0.0.0.0/0'], '203.0.112.7', false],
    [['0.0.0.0/0'], '192.168.0.1', true],
    [['169.254.0.0/16'], '169.254.169.254', false],
    [['203.0.112.0/25', '8.8.8.8/32'], '203.0.112.1', false],
    [['::/0'], 'fe80::1', false],
    [['::/0'], '64:ff9b::1', false],
    [['::/0'], '2600:1f00::4', false],
    [['fd00:1::/32'], 'fd00:1::1', true],
  ];
  it.for(restricted)('in mode Restricted to %s, %s is reachable: %s', ([cidrs, address, reachable]) => {
    expect(lets(build({ mode: 'Restricted', cidrs }), address)).toBe(reachable);
  });

  it('leaves no rule that would allow all peers when every listed range is denied', () => {
    const { spec } = build({ mode: 'Restricted', cidrs: ['169.254.0.0/16', '10.0.0.4/32'] });
    expect(spec?.egress).toHaveLength(1);
    expect(spec?.egress?.[0]?.ports).toHaveLength(2);
  });

  it("opens port 53 of the cluster's resolver where names are needed, and of nothing else", () => {
    for (const intent of [
      { mode: 'Internet', cidrs: [] },
      { mode: 'Restricted', cidrs: ['192.0.2.0/24'] },
    ] as const) {
      const [dns] = build(intent).spec?.egress ?? [];
      expect(dns).toEqual({
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
            podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
          },
        ],
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      });
    }
  });

  it('lists exceptions that lie strictly inside their block, as the API server demands', () => {
    for (const intent of [
      { mode: 'Internet', cidrs: [] },
      { mode: 'Restricted', cidrs: ['0.0.0.0/0', '::/0', '10.0.0.0/8'] },
    ] as const) {
      for (const { cidr, except = [] } of blocks(build(intent))) {
        const outer = parseCidr(cidr);
        for (const text of except) {
          const inner = parseCidr(text);
          expect(outer && inner && containsCidr(outer, inner) && inner.prefix > outer.prefix, `${text} in ${cidr}`).toBe(true);
        }
      }
    }
  });
});

describe('buildClosedPolicy()', () => {
  it('allows nothing out for a label whose wish is not known', () => {
    const policy = buildClosedPolicy('team', 'internet-0123456789abcdef', gateway);
    expect(policy.metadata.name).toBe('sandfleet-internet-0123456789abcdef');
    expect(policy.spec).toMatchObject({
      podSelector: { matchLabels: { 'sandfleet.dev/network': 'internet-0123456789abcdef' } },
      policyTypes: ['Ingress', 'Egress'],
      egress: [],
    });
  });
});

describe('egressIntent()', () => {
  it('is the same for the same ranges in another order, and knows ranges in mode Restricted only', () => {
    const a = egressIntent({ mode: 'Restricted', cidrs: ['192.0.2.0/24', '10.0.0.0/8', '10.0.0.0/8'] });
    const b = egressIntent({ mode: 'Restricted', cidrs: ['10.0.0.0/8', '192.0.2.0/24'] });
    expect(networkLabel(a)).toBe(networkLabel(b));
    expect(networkLabel(a)).not.toBe(networkLabel(egressIntent({ mode: 'Restricted', cidrs: ['10.0.0.0/8'] })));
    expect(egressIntent({ mode: 'Internet', cidrs: ['10.0.0.0/8'] })).toEqual({ mode: 'Internet', cidrs: [] });
  });
});

describe('onlyAddresses()', () => {
  it('drops what a node reports every few seconds', () => {
    const full = {
      ...node([{ type: 'InternalIP', address: '10.0.0.4' }], ['10.244.0.0/24']),
      metadata: { name: 'n', uid: 'u', resourceVersion: '7', labels: { a: 'b' }, managedFields: [{}] },
    };
    expect(onlyAddresses({ ...full, status: { ...full.status, capacity: { cpu: '2' } } })).toEqual({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n', uid: 'u', resourceVersion: '7' },
      spec: { podCIDRs: ['10.244.0.0/24'] },
      status: { addresses: [{ type: 'InternalIP', address: '10.0.0.4' }] },
    });
  });
});
