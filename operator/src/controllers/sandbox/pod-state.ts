import { CONTAINER_NAME, type Condition, type SandboxPhase } from '@sandfleet/crds';
import type { Pod } from '@sandfleet/kube';

import type { ContainerStatus } from '../../kinds.ts';
import { fails, holds, shorten, type Finding } from './conditions.ts';
import { describeImageError, isImageError } from './image-error.ts';
import { REASONS, type Reason } from './reasons.ts';

export interface PodState {
  readonly phase: SandboxPhase;
  readonly ready: Finding;
}

export const isFinished = (pod: Pod): boolean => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';

export const isReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True';

export const podCondition = (pod: Pod, type: string) => pod.status?.conditions?.find((condition) => condition.type === type);

export const containerStatus = (pod: Pod): ContainerStatus | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER_NAME);

/** How a pod that is neither finished nor being deleted stands. `before` is the condition Ready as it was until now. */
export function podState(pod: Pod, before: Condition | undefined): PodState {
  if (isReady(pod)) return { phase: 'Ready', ready: holds(REASONS.ready, 'The sandbox is ready.') };
  const scheduled = podScheduled(pod);
  if (scheduled.status !== 'True') return { phase: 'Pending', ready: scheduled };
  const container = containerStatus(pod);
  const waiting = container?.state?.waiting;
  if (waiting !== undefined) return waitingState(pod, waiting.reason ?? '', waiting.message ?? '', before);
  if (container !== undefined && hasEndedBefore(container)) return restartingState(container, before);
  // A runtime that has just started needs a moment until its first readiness probe.
  const wasReady = before?.status === 'True' || before?.reason === REASONS.notResponding;
  if (container?.started === true && wasReady) {
    const message = 'The runtime in the pod does not answer on /v1/ping; the pod is restarted when this lasts.';
    return { phase: 'Starting', ready: fails(REASONS.notResponding, message) };
  }
  return STARTING;
}

const STARTING: PodState = { phase: 'Starting', ready: fails(REASONS.starting, 'The pod is starting on its node.') };

/** The condition PodScheduled, and Ready's too while the pod has no node. */
export function podScheduled(pod: Pod): Finding {
  const condition = podCondition(pod, 'PodScheduled');
  if (condition?.status === 'True' || pod.spec?.nodeName !== undefined) return holds(REASONS.scheduled, 'The pod has a node.');
  if (condition?.reason === 'Unschedulable') {
    return fails(
      REASONS.unschedulable,
      `No node takes the pod: ${shorten(condition.message ?? 'the scheduler gives no reason', 900)}`,
    );
  }
  if (condition?.reason === 'SchedulingGated') {
    return fails(REASONS.schedulingGated, 'The pod is held back by a scheduling gate, such as one of a queue.');
  }
  return fails(REASONS.podPending, 'The pod waits for a node.');
}

function waitingState(pod: Pod, reason: string, message: string, before: Condition | undefined): PodState {
  const container = containerStatus(pod);
  if (isImageError(reason)) {
    const image = pod.spec?.containers?.[0]?.image ?? container?.image ?? '';
    return failed(REASONS.imagePullFailed, describeImageError(image, reason, message) ?? repeated(image, before));
  }
  if (reason === 'CrashLoopBackOff') return failed(REASONS.crashLoop, crashMessage(container));
  if (/Error$|CannotRun$/.test(reason)) {
    return failed(REASONS.startFailed, `The node cannot start the container (${reason}): ${shorten(withoutIds(message), 600)}`);
  }
  if (container !== undefined && hasEndedBefore(container)) return restartingState(container, before);
  return STARTING;
}

/** While it waits between two attempts, a node may say no more than that it waits; the cause told before still stands. */
function repeated(image: string, before: Condition | undefined): string {
  if (before?.reason === REASONS.imagePullFailed) return before.message;
  return `The image "${image}" cannot be pulled: the node cannot get it; see the events of the pod.`;
}

/** Between two runs of a crash loop the container is up for a moment; that is still the crash loop. */
function restartingState(container: ContainerStatus, before: Condition | undefined): PodState {
  if (before?.reason === REASONS.crashLoop) return failed(REASONS.crashLoop, crashMessage(container));
  return {
    phase: 'Starting',
    ready: fails(REASONS.restarting, `The container ended (${lastEnd(container)}) and is started again.`),
  };
}

const failed = (reason: Reason, message: string): PodState => ({ phase: 'Failed', ready: fails(reason, message) });

const hasEndedBefore = ({ state, lastState }: ContainerStatus): boolean =>
  state?.terminated !== undefined || lastState?.terminated !== undefined;

const crashMessage = (container: ContainerStatus | undefined): string =>
  `The container ends again and again, last with ${lastEnd(container)}; the node waits longer each time before it starts it.`;

function lastEnd(container: ContainerStatus | undefined): string {
  const end = container?.state?.terminated ?? container?.lastState?.terminated;
  if (end === undefined) return 'an unknown reason';
  return `${end.reason ?? 'Error'}, exit code ${end.exitCode}`;
}

// Runtimes put the id of the container into their messages, and it is another one at each attempt.
const withoutIds = (message: string): string => message.replaceAll(/\b[0-9a-f]{12,}\b/g, '…');
