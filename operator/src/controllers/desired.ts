import type { KubeObject } from '@sandfleet/kube';

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The one object meant; another of the same name is left alone. */
  readonly uid: string;
}

/** An event to record, once all writes of the same pass have succeeded. */
export interface EventIntent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** What a pass decides; everything that writes is data until the one place that writes it. */
export interface Desired<Status> {
  /**
   * Objects as they should be. One without `metadata.uid` is created and must not exist; one with it is applied to the object
   * of that uid and to no other. So neither a stale cache nor a foreign object of the same name can make a write go astray.
   */
  readonly apply: readonly KubeObject[];
  readonly delete: readonly ObjectReference[];
  readonly status?: Status;
  readonly events: readonly EventIntent[];
  readonly requeueAfterSeconds?: number;
}

/** The soonest of several requeues, where any is wanted. */
export function soonest(...seconds: readonly (number | undefined)[]): number | undefined {
  const wanted = seconds.filter((value): value is number => value !== undefined && value > 0);
  return wanted.length === 0 ? undefined : Math.min(...wanted);
}
