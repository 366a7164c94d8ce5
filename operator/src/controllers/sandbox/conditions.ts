import type { Condition, Sandbox } from '@sandfleet/crds';
import { wholeSeconds } from '@sandfleet/kube';

import type { Reason } from './reasons.ts';

export const CONDITION_TYPES = {
  ready: 'Ready',
  podScheduled: 'PodScheduled',
  networkReady: 'NetworkReady',
  workspaceReady: 'WorkspaceReady',
  serviceReady: 'ServiceReady',
} as const;

export type ConditionType = (typeof CONDITION_TYPES)[keyof typeof CONDITION_TYPES];

/** What a part of the pass found about its own condition. */
export interface Finding {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
}

export const holds = (reason: Reason, message: string): Finding => ({ status: 'True', reason, message });
export const fails = (reason: Reason, message: string): Finding => ({ status: 'False', reason, message });

const MESSAGE_LENGTH = 1024;

/** Text of others (the scheduler, the kubelet, the API server) in the length that a status should carry. */
export const shorten = (text: string, length = MESSAGE_LENGTH): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** Conditions in a fixed order; the time of one moves only when its status changes. */
export function conditions(
  sandbox: Sandbox,
  findings: Readonly<Partial<Record<ConditionType, Finding>>>,
  now: Date,
): Condition[] {
  return Object.values(CONDITION_TYPES).flatMap((type) => {
    const finding = findings[type];
    if (finding === undefined) return [];
    const before = conditionOf(sandbox, type);
    const unchanged = before?.status === finding.status;
    return [
      {
        type,
        status: finding.status,
        observedGeneration: sandbox.metadata.generation ?? 0,
        lastTransitionTime: unchanged ? before.lastTransitionTime : wholeSeconds(now),
        reason: finding.reason,
        message: shorten(finding.message),
      },
    ];
  });
}

export const conditionOf = (sandbox: Sandbox, type: ConditionType): Condition | undefined =>
  sandbox.status?.conditions?.find((condition) => condition.type === type);
