import type { NetworkPolicy } from '@sandfleet/kube';

import { hasPolicyDrifted } from '../../network/policy-drift.ts';
import { isOurs } from '../../network/widening.ts';
import type { Desired } from '../desired.ts';
import { onto, referenceTo } from '../object-reference.ts';

/** A policy that nobody uses stays a little: the next sandbox of its kind then needs none made, and a late writer finds it. */
export const GRACE_SECONDS = 10;

export interface ObservedPolicy {
  readonly live?: NetworkPolicy | undefined;
  readonly intent: NetworkPolicy;
  /** Whether a sandbox wants it or a pod is under it. */
  readonly isUsed: boolean;
  /** Since when this process knows of no use. */
  readonly unusedSince?: Date | undefined;
}

/** One policy is shared by all sandboxes of a namespace with the same egress, and outlives the last of their pods. */
export function reconcilePolicy({ live, intent, isUsed, unusedSince }: ObservedPolicy, now: Date): Desired<never> {
  if (live === undefined) return isUsed ? { ...NOTHING, apply: [intent] } : NOTHING;
  // A foreign policy is neither taken over nor removed; one that is on its way out is made anew when it is gone.
  if (!isOurs(live) || live.metadata.deletionTimestamp !== undefined) return NOTHING;
  if (isUsed) return hasPolicyDrifted(live, intent) ? { ...NOTHING, apply: [onto(live, intent)] } : NOTHING;
  const left = unusedSince === undefined ? GRACE_SECONDS : GRACE_SECONDS - (now.getTime() - unusedSince.getTime()) / 1000;
  if (left > 0) return { ...NOTHING, requeueAfterSeconds: left };
  return { ...NOTHING, delete: [referenceTo(live)] };
}

const NOTHING = { apply: [], delete: [], events: [] } as const;
