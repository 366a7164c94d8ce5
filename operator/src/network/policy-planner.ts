import { ANNOTATIONS, EGRESS_MODES } from '@sandfleet/crds';
import type { NetworkPolicy, Node, Store } from '@sandfleet/kube';

import { hasDrifted } from '../controllers/drift.ts';
import type { Cidr } from './cidr.ts';
import { deniedAddresses } from './denied-addresses.ts';
import { egressIntent, networkLabel, type EgressIntent } from './egress-key.ts';
import { buildClosedPolicy, buildPolicy, type DeniedAddresses, type GatewayPeer } from './policy.ts';

export interface PolicyPlannerOptions {
  readonly gateway: GatewayPeer;
  readonly configured: readonly Cidr[];
  readonly nodes: Store<Node>;
}

/** What each policy should say, given the nodes as they are now. */
export class PolicyPlanner {
  readonly #options: PolicyPlannerOptions;
  #denied: DeniedAddresses | undefined;

  constructor(options: PolicyPlannerOptions) {
    this.#options = options;
  }

  plan(namespace: string, intent: EgressIntent): NetworkPolicy {
    this.#denied ??= deniedAddresses(this.#options.nodes.list(), this.#options.configured);
    return buildPolicy(namespace, intent, { denied: this.#denied, gateway: this.#options.gateway });
  }

  /** The policy for a label: by what `live` says that it is for, where that is true; else one that allows nothing out. */
  replan(namespace: string, label: string, live: NetworkPolicy | undefined): NetworkPolicy {
    const intent = recordedIntent(live);
    if (intent !== undefined && networkLabel(intent) === label) return this.plan(namespace, intent);
    return buildClosedPolicy(namespace, label, this.#options.gateway);
  }

  /** Calls back whenever the addresses of the nodes have changed. A node reports far more often than that. */
  onChange(listener: () => void): () => void {
    return this.#options.nodes.subscribe((change) => {
      const isSame = change.type === 'updated' && !hasDrifted(addressesOf(change.old), addressesOf(change.object));
      if (isSame) return;
      this.#denied = undefined;
      listener();
    });
  }
}

const addressesOf = (node: Node) => ({ podCIDRs: node.spec?.podCIDRs ?? [], addresses: node.status?.addresses ?? [] });

/** Anybody may have written the annotation: it is read with care, and what counts is that its hash is the label's. */
function recordedIntent(live: NetworkPolicy | undefined): EgressIntent | undefined {
  const parsed = parseJson(live?.metadata.annotations?.[ANNOTATIONS.egress] ?? '');
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { mode, cidrs } = parsed as { readonly mode?: unknown; readonly cidrs?: unknown };
  const known = EGRESS_MODES.find((each) => each === mode);
  if (known === undefined || !Array.isArray(cidrs)) return undefined;
  return egressIntent({ mode: known, cidrs: cidrs.filter((cidr) => typeof cidr === 'string') });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
