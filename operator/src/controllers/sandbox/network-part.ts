import { LABELS } from '@sandfleet/crds';
import { isControlledBy } from '@sandfleet/kube';

import { hasPolicyDrifted } from '../../network/policy-drift.ts';
import { isOurs } from '../../network/widening.ts';
import { fails, holds, type Finding } from './conditions.ts';
import { isTerminating, nameOf } from './names.ts';
import type { Observed } from './observed.ts';
import { REASONS } from './reasons.ts';

export interface NetworkPart {
  readonly finding: Finding;
  /** Value of the label that puts a pod under the policy. */
  readonly label: string;
  /** Whether the policy is there and says what it should, so that a pod may be put under it. */
  readonly isInPlace: boolean;
}

/** The policy itself is the business of its own controller, since many sandboxes share it; a sandbox waits for it. */
export function networkPart(observed: Observed): NetworkPart {
  const { policy, policyIntent } = observed;
  const label = policyIntent.spec?.podSelector?.matchLabels?.[LABELS.network] ?? '';
  const isInPlace = policy !== undefined && isOurs(policy) && !isTerminating(policy) && !hasPolicyDrifted(policy, policyIntent);
  return { finding: judge(observed, label), label, isInPlace };
}

function judge({ sandbox, policy, policyIntent, pod, widenedBy }: Observed, label: string): Finding {
  const name = nameOf(policyIntent);
  if (policy === undefined)
    return fails(REASONS.policyPending, `The network policy ${name} is being made; no pod is made before.`);
  if (!isOurs(policy)) {
    return fails(
      REASONS.policyNameTaken,
      `A network policy ${name} that is not sandfleet's has the name that this sandbox needs; delete or rename it. No pod is made without a policy.`,
    );
  }
  if (isTerminating(policy)) {
    return fails(REASONS.policyTerminating, `The network policy ${name} is being deleted and is made anew once it is gone.`);
  }
  if (pod !== undefined && isControlledBy(pod, sandbox) && pod.metadata.labels?.[LABELS.network] !== label) {
    return fails(
      REASONS.policyChanging,
      `The pod is about to be put under the network policy ${name}; until then its former one holds.`,
    );
  }
  if (widenedBy.length > 0) {
    return holds(
      REASONS.widened,
      `The network policy ${name} is in place, but other policies of the namespace select the pod too and may allow more: ${list(widenedBy)}.`,
    );
  }
  return holds(REASONS.policyInPlace, `The network policy ${name} is in place.`);
}

const LISTED = 5;

const list = (names: readonly string[]): string =>
  names.length <= LISTED ? names.join(', ') : `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;
