import { sandboxUrl, type Sandbox, type SandboxStatus } from '@sandfleet/crds';
import type { Pod } from '@sandfleet/kube';

import { CONDITION_TYPES, conditions, type Finding } from './conditions.ts';
import type { Ending } from './ending.ts';
import { nameOf, uidOf } from './names.ts';
import type { Observed } from './observed.ts';
import type { PodPart } from './pod-part.ts';
import { containerStatus } from './pod-state.ts';

export interface StatusInputs {
  readonly observed: Observed;
  readonly pod: Pod | undefined;
  readonly part: PodPart;
  readonly network: Finding;
  readonly workspace: Finding;
  readonly service: Finding | undefined;
  readonly ending: Ending;
}

/** The whole status, made anew at every pass from what was observed. */
export function status(inputs: StatusInputs, now: Date): SandboxStatus {
  const { observed, pod, part, network, workspace, service, ending } = inputs;
  const { sandbox } = observed;
  const url = observed.ownsUrl ? sandboxUrl(observed.settings.gateway, nameOf(sandbox)) : undefined;
  const { lastTermination, failures, nextAttemptTime } = ending;
  return {
    observedGeneration: sandbox.metadata.generation ?? 0,
    phase: part.phase,
    conditions: conditions(
      sandbox,
      {
        [CONDITION_TYPES.ready]: part.finding,
        [CONDITION_TYPES.podScheduled]: part.scheduled,
        [CONDITION_TYPES.networkReady]: network,
        [CONDITION_TYPES.workspaceReady]: workspace,
        ...(service === undefined ? {} : { [CONDITION_TYPES.serviceReady]: service }),
      },
      now,
    ),
    ...(url === undefined ? {} : { url }),
    ...podFields(sandbox, pod),
    failures,
    ...(nextAttemptTime === undefined ? {} : { nextAttemptTime }),
    ...(lastTermination === undefined ? {} : { lastTermination }),
  };
}

function podFields(sandbox: Sandbox, pod: Pod | undefined): SandboxStatus {
  const { podUID, recreations = 0 } = sandbox.status ?? {};
  if (pod === undefined) return { ...(podUID === undefined ? {} : { podUID }), restarts: 0, recreations };
  const container = containerStatus(pod);
  const startedAt = container?.state?.running?.startedAt;
  const addresses = (pod.status?.podIPs ?? []).flatMap(({ ip }) => ip ?? []);
  return {
    podName: nameOf(pod),
    podUID: uidOf(pod),
    ...(addresses.length === 0 ? {} : { podIPs: addresses }),
    ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    ...(startedAt === undefined ? {} : { startedAt }),
    restarts: container?.restartCount ?? 0,
    recreations: podUID === undefined || podUID === uidOf(pod) ? recreations : recreations + 1,
  };
}
