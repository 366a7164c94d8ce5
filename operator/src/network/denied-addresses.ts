import type { Node } from '@sandfleet/kube';

import { mergeCidrs, parseCidr, type Cidr } from './cidr.ts';
import type { DeniedAddresses } from './policy.ts';

const ADDRESS_TYPES = new Set(['InternalIP', 'ExternalIP']);

/** The node without all that changes every few seconds and that nobody here reads. */
export function onlyAddresses(node: Node): Node {
  const { apiVersion, kind, metadata, spec, status } = node;
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name ?? '',
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
    },
    spec: spec?.podCIDRs === undefined ? {} : { podCIDRs: spec.podCIDRs },
    status: { addresses: status?.addresses ?? [] },
  };
}

/** What the sandboxes of this cluster must not reach: its nodes, its pods, and what the administrator names. */
export function deniedAddresses(nodes: readonly Node[], configured: readonly Cidr[]): DeniedAddresses {
  const addresses = nodes.flatMap((node) =>
    (node.status?.addresses ?? []).filter(({ type }) => ADDRESS_TYPES.has(type)).map(({ address }) => address),
  );
  const podRanges = nodes.flatMap((node) => node.spec?.podCIDRs ?? []);
  return { nodes: merged(addresses), pods: merged(podRanges), configured: mergeCidrs(configured) };
}

const merged = (texts: readonly string[]): readonly Cidr[] => mergeCidrs(texts.flatMap((text) => parseCidr(text) ?? []));
