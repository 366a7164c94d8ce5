import type { KubeObject } from '@sandfleet/kube';

import type { EventIntent, ObjectReference } from '../desired.ts';
import type { Finding } from './conditions.ts';
import type { Refusal } from './observed.ts';

/** What one concern of a sandbox (its network, workspace, Service, pod) decides. */
export interface Part {
  /** Absent where the sandbox has no such concern. */
  readonly finding?: Finding;
  readonly apply: readonly KubeObject[];
  readonly delete: readonly ObjectReference[];
  readonly events: readonly EventIntent[];
  readonly requeueAfterSeconds?: number | undefined;
}

export const NOTHING = { apply: [], delete: [], events: [] } as const;

/** The part with a finding and no writes. */
export const finding = (finding: Finding): Part => ({ ...NOTHING, finding });

/** Seconds until a refused write is worth another try; 0 when it is. */
export const secondsUntilRetry = ({ retryAt }: Refusal, now: Date): number =>
  Math.max(0, Math.ceil((retryAt.getTime() - now.getTime()) / 1000));
