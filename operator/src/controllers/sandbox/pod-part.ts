import { ANNOTATIONS, type SandboxPhase } from '@sandfleet/crds';
import { controllerReference, isControlledBy, type Pod } from '@sandfleet/kube';

import { hasDrifted } from '../drift.ts';
import { onto, referenceTo } from '../object-reference.ts';
import { CONDITION_TYPES, conditionOf, fails, type Finding } from './conditions.ts';
import { secondsUntilAttempt, type Ending } from './ending.ts';
import { isLeftOver, isOrphanOf, isTerminating, nameOf, uidOf } from './names.ts';
import type { NetworkPart } from './network-part.ts';
import type { Observed, PodKey, Refusal } from './observed.ts';
import { NOTHING, secondsUntilRetry, type Part } from './part.ts';
import { isFinished, podScheduled, podState } from './pod-state.ts';
import { buildPod, podLabels, specHash } from './pod.ts';
import { REASONS, type Reason } from './reasons.ts';
import type { WorkspacePart } from './workspace-part.ts';

export interface PodPart extends Part {
  readonly phase: SandboxPhase;
  /** The condition Ready. */
  readonly finding: Finding;
  readonly scheduled: Finding;
}

export interface PodContext {
  readonly network: NetworkPart;
  readonly workspace: WorkspacePart;
  readonly ending: Ending;
  readonly now: Date;
}

const NO_POD = fails(REASONS.noPod, 'There is no pod.');

const part = (phase: SandboxPhase, ready: Finding, rest: Partial<PodPart> = {}): PodPart => ({
  ...NOTHING,
  scheduled: NO_POD,
  phase,
  finding: ready,
  ...rest,
});

/** The first that applies decides. */
export function podPart(observed: Observed, context: PodContext): PodPart {
  const { sandbox, pod, strayPods } = observed;
  if (strayPods.length > 0) return tooMany(strayPods);
  if (pod === undefined) return withoutPod(observed, context);
  if (isControlledBy(pod, sandbox)) return ownPod(observed, pod, context);
  if (isLeftOver(pod, sandbox)) {
    return pending(
      REASONS.podTerminating,
      'The pod of a former sandbox of this name is being deleted; another is made once it is gone.',
    );
  }
  if (isOrphanOf(pod, sandbox)) return orphan(observed, pod, context);
  return part('Failed', nameTaken(nameOf(pod)));
}

/** Nobody could say which of several pods holds the work, so none is made and none is removed. */
function tooMany(strayPods: readonly Pod[]): PodPart {
  const names = strayPods.map(nameOf).toSorted().join(', ');
  const message = `Other pods name this sandbox as their controller: ${names}. Delete them; until then no pod is made.`;
  return part('Failed', fails(REASONS.multiplePods, message));
}

const nameTaken = (name: string): Finding =>
  fails(
    REASONS.podNameTaken,
    `A pod ${name} that is not this sandbox's has the name that its pod needs; delete it, or give the sandbox another name.`,
  );

function ownPod(observed: Observed, pod: Pod, { network, ending, now }: PodContext): PodPart {
  const scheduled = podScheduled(pod);
  if (isFinished(pod)) {
    const gone = isTerminating(pod) ? [] : [referenceTo(pod)];
    return { ...failedPod(ending, now), scheduled, delete: gone };
  }
  if (isTerminating(pod)) {
    const message = 'The pod is being deleted; another is made once it is gone.';
    return part('Pending', fails(REASONS.podTerminating, message), { scheduled });
  }
  const { phase, ready } = podState(pod, conditionOf(observed.sandbox, CONDITION_TYPES.ready));
  return part(phase, ready, { scheduled, apply: relabelled(observed, pod, network) });
}

/** A pod is put under another policy only when that one is there: it is under the old one, or the new one, and never none. */
function relabelled({ sandbox }: Observed, pod: Pod, { label, isInPlace }: NetworkPart): readonly Pod[] {
  const labels = podLabels(sandbox, label);
  if (!isInPlace || !hasDrifted(pod.metadata.labels, labels)) return [];
  return [onto(pod, { apiVersion: 'v1', kind: 'Pod', metadata: { ...identity(pod), labels } })];
}

const identity = ({ metadata: { name, namespace } }: Pod) => ({ name, ...(namespace === undefined ? {} : { namespace }) });

/** What an orphaning delete left behind is taken up again, where it is what this sandbox asks for. */
function orphan(observed: Observed, pod: Pod, { network }: PodContext): PodPart {
  const { sandbox } = observed;
  const fits = pod.metadata.annotations?.[ANNOTATIONS.specHash] === specHash(sandbox);
  if (!fits || isFinished(pod) || isTerminating(pod)) return part('Failed', nameTaken(nameOf(pod)));
  const labels = podLabels(sandbox, network.label);
  const metadata = { ...identity(pod), labels, ownerReferences: [controllerReference(sandbox)] };
  const adopted = onto<Pod>(pod, { apiVersion: 'v1', kind: 'Pod', metadata });
  const message = 'The pod that an earlier sandbox of this name left running is taken up.';
  return { ...pending(REASONS.adoptingPod, message), apply: network.isInPlace ? [adopted] : [] };
}

function withoutPod(observed: Observed, context: PodContext): PodPart {
  const { podKey, refusals, sandbox } = observed;
  const { ending, network, workspace, now } = context;
  if (podKey === undefined) {
    return pending(REASONS.waitingForKeys, 'Waiting for public keys: the api publishes them when it starts.');
  }
  if (!network.isInPlace)
    return pending(REASONS.waitingForPolicy, 'Waiting for the network policy; see the condition NetworkReady.');
  if (!workspace.isUsable)
    return pending(REASONS.waitingForWorkspace, 'Waiting for the workspace; see the condition WorkspaceReady.');
  if (secondsUntilAttempt(ending.nextAttemptTime, now) > 0) return failedPod(ending, now);
  const refusal = refusals.Pod;
  if (refusal !== undefined) return refused(observed, podKey, { refusal, network, now });
  const creating = pending(REASONS.creatingPod, 'The pod is being made.');
  const event = { type: 'Normal', reason: 'PodCreated', action: 'CreatePod', note: `Created pod ${nameOf(sandbox)}` } as const;
  return { ...creating, apply: [newPod(observed, podKey, network)], events: [event] };
}

const pending = (reason: Reason, message: string): PodPart => part('Pending', fails(reason, message));

const newPod = ({ sandbox, settings }: Observed, podKey: PodKey, { label }: NetworkPart): Pod =>
  buildPod(sandbox, { settings, podKey, network: label });

function failedPod({ lastTermination, nextAttemptTime }: Ending, now: Date): PodPart {
  const cause = lastTermination === undefined ? '' : ` (${lastTermination.reason})`;
  const message = `The pod failed${cause} and is made anew at ${nextAttemptTime ?? 'once'}; see status.lastTermination.`;
  const wait = secondsUntilAttempt(nextAttemptTime, now);
  return part('Pending', fails(REASONS.podFailed, message), wait > 0 ? { requeueAfterSeconds: wait } : {});
}

function refused(
  observed: Observed,
  podKey: PodKey,
  { refusal, network, now }: { readonly refusal: Refusal; readonly network: NetworkPart; readonly now: Date },
): PodPart {
  const wait = secondsUntilRetry(refusal, now);
  const ready =
    refusal.kind === 'NameTaken'
      ? nameTaken(nameOf(observed.sandbox))
      : fails(REASONS.podRefused, `The API server refuses the pod: ${refusal.message}`);
  return part('Failed', ready, { apply: wait === 0 ? [newPod(observed, podKey, network)] : [], requeueAfterSeconds: wait });
}

/** The pod of this sandbox among what was observed. */
export function ownPodOf({ sandbox, pod }: Observed): Pod | undefined {
  return pod !== undefined && uidOf(sandbox) !== '' && isControlledBy(pod, sandbox) ? pod : undefined;
}
