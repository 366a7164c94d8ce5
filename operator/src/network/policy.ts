import { ANNOTATIONS, APP_NAME, LABELS, RUNTIME_PORT, SANDBOX_APP_NAME } from '@sandfleet/crds';
import type { NetworkPolicy } from '@sandfleet/kube';

import { containsCidr, mergeCidrs, parseCidr, type Cidr } from './cidr.ts';
import { networkLabel, policyName, type EgressIntent } from './egress-key.ts';
import { INTERNET, NEVER_ALLOWED, NOT_INTERNET } from './ranges.ts';

/** Addresses that depend on the cluster and on its administrator. */
export interface DeniedAddresses {
  readonly nodes: readonly Cidr[];
  readonly pods: readonly Cidr[];
  readonly configured: readonly Cidr[];
}

/** Where the gateway's pods are: the only ones that may connect to a sandbox. */
export interface GatewayPeer {
  readonly namespace: string;
  readonly instance: string;
}

type Rule = Readonly<Record<string, unknown>>;

/** The policy that every pod with the label of `intent` is subject to. */
export function buildPolicy(
  namespace: string,
  intent: EgressIntent,
  options: { readonly denied: DeniedAddresses; readonly gateway: GatewayPeer },
): NetworkPolicy {
  const label = networkLabel(intent);
  return policyFor({ namespace, label, intent, egress: egressRules(intent, options.denied), gateway: options.gateway });
}

/**
 * The policy for pods whose wish is no longer known, such as those whose sandbox is gone while somebody removed their policy:
 * they keep a policy that allows nothing out.
 */
export function buildClosedPolicy(namespace: string, label: string, gateway: GatewayPeer): NetworkPolicy {
  return policyFor({ namespace, label, intent: { mode: 'Deny', cidrs: [] }, egress: [], gateway });
}

function policyFor(parts: {
  readonly namespace: string;
  readonly label: string;
  readonly intent: EgressIntent;
  readonly egress: readonly Rule[];
  readonly gateway: GatewayPeer;
}): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: policyName(parts.label),
      namespace: parts.namespace,
      labels: { [LABELS.name]: SANDBOX_APP_NAME, [LABELS.managedBy]: APP_NAME },
      annotations: { [ANNOTATIONS.egress]: JSON.stringify(parts.intent) },
    },
    spec: {
      podSelector: { matchLabels: { [LABELS.network]: parts.label } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [ingressRule(parts.gateway)],
      egress: parts.egress,
    },
  };
}

const ingressRule = (gateway: GatewayPeer): Rule => ({
  from: [gatewayPeer(gateway)],
  ports: [{ port: RUNTIME_PORT, protocol: 'TCP' }],
});

const gatewayPeer = ({ namespace, instance }: GatewayPeer): Rule => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  podSelector: { matchLabels: { [LABELS.name]: APP_NAME, [LABELS.instance]: instance, [LABELS.component]: 'gateway' } },
});

const DNS_RULE: Rule = {
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
};

function egressRules({ mode, cidrs }: EgressIntent, denied: DeniedAddresses): readonly Rule[] {
  switch (mode) {
    case 'Deny':
      return [];
    case 'Open':
      return [{}];
    case 'Internet':
      return rulesTo(INTERNET, [...NOT_INTERNET, ...NEVER_ALLOWED, ...denied.nodes, ...denied.pods, ...denied.configured]);
    case 'Restricted':
      // An entry that cannot be read cannot be allowed; the kind refuses such entries before they get here.
      return rulesTo(
        cidrs.flatMap((text) => parseCidr(text) ?? []),
        [...NEVER_ALLOWED, ...denied.nodes, ...denied.configured],
      );
  }
}

function rulesTo(allowed: readonly Cidr[], denied: readonly Cidr[]): readonly Rule[] {
  const exceptions = mergeCidrs(denied);
  const peers = mergeCidrs(allowed).flatMap((cidr) => {
    if (exceptions.some((denied) => containsCidr(denied, cidr))) return [];
    const except = exceptions.filter((denied) => containsCidr(cidr, denied)).map(({ text }) => text);
    return [{ ipBlock: { cidr: cidr.text, ...(except.length === 0 ? {} : { except }) } }];
  });
  // A rule without peers would allow every address.
  return peers.length === 0 ? [DNS_RULE] : [DNS_RULE, { to: peers }];
}
