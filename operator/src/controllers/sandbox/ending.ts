import type { LastTermination, SandboxStatus } from '@sandfleet/crds';
import { wholeSeconds, type Pod } from '@sandfleet/kube';

import type { ContainerStatus } from '../../kinds.ts';
import { shorten } from './conditions.ts';
import { isTerminating, uidOf } from './names.ts';
import { containerStatus, isFinished, isReady, podCondition } from './pod-state.ts';

const FIRST_BACKOFF_SECONDS = 10;
const MAX_BACKOFF_SECONDS = 300;
/** Clocks of two nodes may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** A pod that worked this long was not a failing one. */
const HEALTHY_SECONDS = 600;

/** How the last container or pod ended, and what follows for the next: kept in the status, so that a restart forgets nothing. */
export interface Ending {
  readonly lastTermination?: LastTermination;
  readonly failures: number;
  readonly nextAttemptTime?: string;
  /** When to look again, so that `failures` goes back to zero. */
  readonly requeueAfterSeconds?: number;
}

/** `pod` is the sandbox's own, or undefined when it has none. */
export function ending(status: SandboxStatus, pod: Pod | undefined, now: Date): Ending {
  const before = carriedOver(status);
  if (pod === undefined) return withoutPod(status, before, now);
  if (isFinished(pod)) return hasRecorded(status, uidOf(pod)) ? before : failure(status, pod, now);
  if (isTerminating(pod)) return hasRecorded(status, uidOf(pod)) ? before : { ...before, lastTermination: deletion(pod) };
  return alive(before, pod, now);
}

function carriedOver({ lastTermination, failures, nextAttemptTime }: SandboxStatus): Ending {
  return {
    ...(lastTermination === undefined ? {} : { lastTermination }),
    failures: failures ?? 0,
    ...(nextAttemptTime === undefined ? {} : { nextAttemptTime }),
  };
}

/** The end of a whole pod is told once; what its containers still report while they stop does not replace it. */
function hasRecorded({ lastTermination }: SandboxStatus, podUID: string): boolean {
  return lastTermination?.podUID === podUID && lastTermination.container === undefined;
}

function withoutPod(status: SandboxStatus, before: Ending, now: Date): Ending {
  const { podUID, nodeName } = status;
  if (podUID === undefined || hasRecorded(status, podUID)) return before;
  const lastTermination = {
    reason: 'Deleted',
    podUID,
    ...(nodeName === undefined ? {} : { node: nodeName }),
    time: wholeSeconds(now),
  };
  return { ...before, lastTermination };
}

function failure(status: SandboxStatus, pod: Pod, now: Date): Ending {
  const startedAt = pod.status?.startTime === undefined ? now.getTime() : Date.parse(pod.status.startTime);
  const wasHealthy = now.getTime() - startedAt >= HEALTHY_SECONDS * 1000;
  const failures = wasHealthy ? 1 : (status.failures ?? 0) + 1;
  return {
    lastTermination: podEnd(pod, now),
    failures,
    nextAttemptTime: wholeSeconds(new Date(now.getTime() + backoffSeconds(failures) * 1000)),
  };
}

export const backoffSeconds = (failures: number): number =>
  Math.min(FIRST_BACKOFF_SECONDS * 2 ** Math.min(failures - 1, 10), MAX_BACKOFF_SECONDS);

/**
 * Seconds until the next pod may be made. More than a back-off can be was not written by a clock like this one: a leader whose
 * clock was wrong must not keep its successor from making the pod for hours.
 */
export function secondsUntilAttempt(time: string | undefined, now: Date): number {
  if (time === undefined) return 0;
  const seconds = Math.ceil((Date.parse(time) - now.getTime()) / 1000);
  return seconds > MAX_BACKOFF_SECONDS + CLOCK_TOLERANCE_SECONDS ? 0 : Math.max(0, seconds);
}

function podEnd(pod: Pod, now: Date): LastTermination {
  const end = containerStatus(pod)?.state?.terminated;
  const reason =
    pod.status?.reason ?? podCondition(pod, 'DisruptionTarget')?.reason ?? end?.reason ?? pod.status?.phase ?? 'Failed';
  return {
    reason,
    ...(pod.status?.message ? { message: shorten(pod.status.message) } : {}),
    ...(end === undefined ? {} : { exitCode: end.exitCode }),
    ...placeOf(pod),
    time: end?.finishedAt ?? wholeSeconds(now),
  };
}

function deletion(pod: Pod): LastTermination {
  const { deletionTimestamp = '', deletionGracePeriodSeconds = 0 } = pod.metadata;
  const disruption = podCondition(pod, 'DisruptionTarget');
  return {
    reason: disruption?.status === 'True' ? (disruption.reason ?? 'Deleted') : 'Deleted',
    ...(disruption?.message ? { message: shorten(disruption.message) } : {}),
    ...placeOf(pod),
    // The timestamp says when the grace period ends.
    time: wholeSeconds(new Date(Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000)),
  };
}

const placeOf = (pod: Pod) => ({
  podUID: uidOf(pod),
  ...(pod.spec?.nodeName === undefined ? {} : { node: pod.spec.nodeName }),
});

function alive({ lastTermination, failures }: Ending, pod: Pod, now: Date): Ending {
  const container = containerStatus(pod);
  const latest = newest(lastTermination, containerEnd(pod, container));
  const healthyFor = healthySeconds(pod, container, now);
  const isHealed = failures > 0 && healthyFor !== undefined && healthyFor >= HEALTHY_SECONDS;
  return {
    ...(latest === undefined ? {} : { lastTermination: latest }),
    failures: isHealed ? 0 : failures,
    ...(failures > 0 && healthyFor !== undefined && !isHealed ? { requeueAfterSeconds: HEALTHY_SECONDS - healthyFor } : {}),
  };
}

function containerEnd(pod: Pod, container: ContainerStatus | undefined): LastTermination | undefined {
  const end = container?.state?.terminated ?? container?.lastState?.terminated;
  if (container === undefined || end === undefined) return undefined;
  return {
    reason: end.reason ?? 'Error',
    ...(end.message ? { message: shorten(end.message) } : {}),
    exitCode: end.exitCode,
    container: container.name,
    ...placeOf(pod),
    time: end.finishedAt ?? pod.metadata.creationTimestamp ?? '',
  };
}

function newest(a: LastTermination | undefined, b: LastTermination | undefined): LastTermination | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(b.time) > Date.parse(a.time) ? b : a;
}

function healthySeconds(pod: Pod, container: ContainerStatus | undefined, now: Date): number | undefined {
  const startedAt = container?.state?.running?.startedAt;
  if (!isReady(pod) || startedAt === undefined) return undefined;
  return Math.floor((now.getTime() - Date.parse(startedAt)) / 1000);
}
