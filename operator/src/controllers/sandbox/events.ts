import type { Condition, LastTermination, Sandbox, SandboxStatus } from '@sandfleet/crds';

import type { EventIntent } from '../desired.ts';
import { CONDITION_TYPES, type ConditionType } from './conditions.ts';
import { REASONS } from './reasons.ts';

/** Reasons that somebody should look at; each is told once, when the condition gets it. */
const WARNINGS: ReadonlySet<string> = new Set([
  REASONS.multiplePods,
  REASONS.podNameTaken,
  REASONS.podRefused,
  REASONS.unschedulable,
  REASONS.imagePullFailed,
  REASONS.startFailed,
  REASONS.crashLoop,
  REASONS.notResponding,
  REASONS.policyNameTaken,
  REASONS.widened,
  REASONS.volumeLost,
  REASONS.volumeNameTaken,
  REASONS.volumeRefused,
  REASONS.serviceNameTaken,
  REASONS.serviceRefused,
]);

/** What happened between the former status and this one. */
export function transitionEvents(sandbox: Sandbox, after: SandboxStatus): readonly EventIntent[] {
  const before = sandbox.status ?? {};
  const changed = Object.values(CONDITION_TYPES).flatMap((type) => {
    const condition = conditionIn(after, type);
    return condition === undefined || conditionIn(before, type)?.reason === condition.reason ? [] : [condition];
  });
  return [...terminationEvents(before, after), ...changed.flatMap((condition) => conditionEvents(condition, after))];
}

const conditionIn = (status: SandboxStatus, type: ConditionType): Condition | undefined =>
  status.conditions?.find((condition) => condition.type === type);

function conditionEvents({ type, status, reason, message }: Condition, { url }: SandboxStatus): readonly EventIntent[] {
  if (type === CONDITION_TYPES.ready && status === 'True') {
    const note = url === undefined ? 'The sandbox is ready' : `The sandbox is ready at ${url}`;
    return [{ type: 'Normal', reason: 'Ready', action: 'Observe', note }];
  }
  return WARNINGS.has(reason) ? [{ type: 'Warning', reason, action: 'Observe', note: message }] : [];
}

function terminationEvents(before: SandboxStatus, after: SandboxStatus): readonly EventIntent[] {
  const end = after.lastTermination;
  if (end === undefined || isSame(before.lastTermination, end)) return [];
  const where = end.node === undefined ? '' : ` on node ${end.node}`;
  const code = end.exitCode === undefined ? '' : `, exit code ${end.exitCode}`;
  if (end.container !== undefined) {
    const reason = end.reason === 'OOMKilled' ? 'OOMKilled' : 'ContainerTerminated';
    const hint = end.reason === 'OOMKilled' ? '; it used more than spec.resources.limits.memory' : '';
    return [warning(reason, `Container ${end.container} ended (${end.reason}${code})${where}${hint}`)];
  }
  const isFailure = after.nextAttemptTime !== undefined && after.nextAttemptTime !== before.nextAttemptTime;
  if (isFailure)
    return [warning('PodFailed', `The pod failed (${end.reason}${code})${where}; it is made anew at ${after.nextAttemptTime}`)];
  return [warning('PodGone', `The pod was deleted (${end.reason})${where}; another is made`)];
}

const isSame = (a: LastTermination | undefined, b: LastTermination): boolean =>
  a !== undefined && a.time === b.time && a.podUID === b.podUID && a.container === b.container;

const warning = (reason: string, note: string): EventIntent => ({ type: 'Warning', reason, action: 'Observe', note });
