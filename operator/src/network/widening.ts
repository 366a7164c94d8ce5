import { APP_NAME, LABELS } from '@sandfleet/crds';
import type { NetworkPolicy } from '@sandfleet/kube';

import type { LabelSelector } from '../kinds.ts';
import { labelOfPolicy } from './egress-key.ts';

/** Policies add up: whatever one of them allows is allowed. So a policy of somebody else can only widen a sandbox's own. */
export function wideningPolicies(
  policies: readonly NetworkPolicy[],
  podLabels: Readonly<Record<string, string>>,
): readonly string[] {
  return policies
    .filter((policy) => !isOurs(policy) && allowsSomething(policy) && selects(policy.spec?.podSelector ?? {}, podLabels))
    .map(({ metadata }) => metadata.name ?? '')
    .toSorted();
}

/** By its label, which anybody may copy, and by its name: what has both the operator keeps as it should be, or removes. */
export const isOurs = ({ metadata }: NetworkPolicy): boolean =>
  metadata.labels?.[LABELS.managedBy] === APP_NAME && labelOfPolicy(metadata.name) !== undefined;

function allowsSomething({ spec }: NetworkPolicy): boolean {
  return (spec?.ingress ?? []).length > 0 || (spec?.egress ?? []).length > 0;
}

/** Whether a label selector matches; an empty one matches everything. */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const matchesLabels = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return matchesLabels && (selector.matchExpressions ?? []).every((expression) => satisfies(expression, labels));
}

function satisfies(
  { key, operator, values = [] }: { readonly key: string; readonly operator: string; readonly values?: readonly string[] },
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  if (operator === 'In') return value !== undefined && values.includes(value);
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  // An operator of a later Kubernetes: better to report a policy too many.
  return true;
}
