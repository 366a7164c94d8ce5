import type { SandboxStatus } from '@sandfleet/crds';

import { soonest, type Desired } from '../desired.ts';
import { fails } from './conditions.ts';
import { ending } from './ending.ts';
import { transitionEvents } from './events.ts';
import { isTerminating } from './names.ts';
import { networkPart } from './network-part.ts';
import type { Observed } from './observed.ts';
import { ownPodOf, podPart, type PodPart } from './pod-part.ts';
import { REASONS } from './reasons.ts';
import { servicePart } from './service-part.ts';
import { status } from './status.ts';
import { workspacePart } from './workspace-part.ts';

/** What a Sandbox needs, decided from what was observed alone: no clock, no client, no memory of former passes. */
export function reconcile(observed: Observed, now: Date): Desired<SandboxStatus> {
  const { sandbox } = observed;
  const pod = ownPodOf(observed);
  const ended = ending(sandbox.status ?? {}, pod, now);
  const network = networkPart(observed);
  const workspace = workspacePart(observed, now);
  const service = servicePart(observed, now);
  const decided = podPart(observed, { network, workspace, ending: ended, now });
  const isDeleting = isTerminating(sandbox);
  const part = isDeleting ? deleting(decided) : told(decided, observed);
  const after = status(
    { observed, pod, part, network: network.finding, workspace: workspace.finding, service: service.finding, ending: ended },
    now,
  );
  // The garbage collector removes what the sandbox owns; nothing is made or mended while it does.
  if (isDeleting) return { apply: [], delete: [], status: after, events: [] };
  const parts = [workspace, service, part];
  const requeueAfterSeconds = soonest(...parts.map((each) => each.requeueAfterSeconds), ended.requeueAfterSeconds);
  return {
    // The pod comes last: it needs what is before it.
    apply: parts.flatMap((each) => each.apply),
    delete: parts.flatMap((each) => each.delete),
    status: after,
    events: [...parts.flatMap((each) => each.events), ...transitionEvents(sandbox, after)],
    ...(requeueAfterSeconds === undefined ? {} : { requeueAfterSeconds }),
  };
}

/** A ready sandbox without a URL says why it has none; the other sandbox is not named, since it may be another tenant's. */
function told(part: PodPart, { ownsUrl }: Observed): PodPart {
  if (ownsUrl || part.finding.status !== 'True') return part;
  const message = 'The sandbox is ready. It has no URL, since an older sandbox of this name in another namespace has it.';
  return { ...part, finding: { ...part.finding, message } };
}

function deleting(part: PodPart): PodPart {
  return { ...part, phase: 'Terminating', finding: fails(REASONS.deleting, 'The sandbox is being deleted.') };
}
