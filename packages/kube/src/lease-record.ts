import type { Lease } from './resources.ts';

/** The part of a Lease that says who leads. Times are for people only: clocks of two machines are never compared. */
export interface LeaseRecord {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

export function recordOf(lease: Lease): LeaseRecord {
  const spec = lease.spec;
  return {
    holderIdentity: spec?.holderIdentity ?? '',
    leaseDurationSeconds: spec?.leaseDurationSeconds ?? 0,
    acquireTime: spec?.acquireTime ?? '',
    renewTime: spec?.renewTime ?? '',
    leaseTransitions: spec?.leaseTransitions ?? 0,
  };
}

/** The record with which `identity` takes the lease, or keeps it. */
export function heldRecord(previous: LeaseRecord | undefined, identity: string, durationSeconds: number, now: Date): LeaseRecord {
  const kept = previous?.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: durationSeconds,
    acquireTime: kept && previous.acquireTime ? previous.acquireTime : microTime(now),
    renewTime: microTime(now),
    leaseTransitions: (previous?.leaseTransitions ?? 0) + (previous && !kept ? 1 : 0),
  };
}

/** The record that lets any other take the lease at once. The API server insists on a duration above zero. */
export function releasedRecord(previous: LeaseRecord, now: Date): LeaseRecord {
  return { ...previous, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: microTime(now), renewTime: microTime(now) };
}

/** `metav1.MicroTime` has six digits of a second, no more and no fewer. */
export function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}
