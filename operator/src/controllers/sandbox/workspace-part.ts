import type { Workspace } from '@sandfleet/crds';
import { isControlledBy, type PersistentVolumeClaim } from '@sandfleet/kube';

import { compareQuantities } from '../../quantity.ts';
import { hasDrifted } from '../drift.ts';
import { onto } from '../object-reference.ts';
import { buildClaim, claimMetadata } from './claim.ts';
import { fails, holds, type Finding } from './conditions.ts';
import { claimName, isLeftOver, isOrphanOf, isTerminating, nameOf } from './names.ts';
import type { Observed, Refusal } from './observed.ts';
import { finding, NOTHING, secondsUntilRetry, type Part } from './part.ts';
import { REASONS } from './reasons.ts';

export interface WorkspacePart extends Part {
  readonly finding: Finding;
  /** Whether a pod that mounts the workspace may be made. */
  readonly isUsable: boolean;
}

export function workspacePart(observed: Observed, now: Date): WorkspacePart {
  const { workspace } = observed.sandbox.spec;
  if (workspace === undefined) {
    return { ...NOTHING, finding: holds(REASONS.ephemeral, 'The home directory lives and dies with the pod.'), isUsable: true };
  }
  const { claim } = observed;
  if (claim === undefined) return missing(observed, workspace, now);
  if (isLeftOver(claim, observed.sandbox)) return unusable(terminating(nameOf(claim)));
  if (!isControlledBy(claim, observed.sandbox) && !isOrphanOf(claim, observed.sandbox)) return unusable(nameTaken(nameOf(claim)));
  return existing(observed, workspace, claim);
}

const unusable = (finding: Finding): WorkspacePart => ({ ...NOTHING, finding, isUsable: false });

const nameTaken = (name: string): Finding =>
  fails(
    REASONS.volumeNameTaken,
    `A volume claim ${name} that is not this sandbox's has the name that its workspace needs; rename or delete it, or give the sandbox another name.`,
  );

const terminating = (name: string): Finding =>
  fails(REASONS.volumeTerminating, `The volume claim ${name} is being deleted and is made anew once it is gone.`);

function missing(observed: Observed, workspace: Workspace, now: Date): WorkspacePart {
  const { sandbox, refusals } = observed;
  const name = claimName(nameOf(sandbox));
  const refusal = refusals.PersistentVolumeClaim;
  const claim = buildClaim(sandbox, workspace);
  if (refusal === undefined) {
    const pending = fails(REASONS.volumePending, `The volume claim ${name} waits for its volume.`);
    return { ...finding(pending), finding: pending, apply: [claim], isUsable: true };
  }
  const wait = secondsUntilRetry(refusal, now);
  return { ...unusable(refused(refusal, name)), apply: wait === 0 ? [claim] : [], requeueAfterSeconds: wait };
}

const refused = ({ kind, message }: Refusal, name: string): Finding =>
  kind === 'NameTaken'
    ? nameTaken(name)
    : fails(REASONS.volumeRefused, `The API server refuses the volume claim ${name}: ${message}`);

function existing({ sandbox }: Observed, workspace: Workspace, claim: PersistentVolumeClaim): WorkspacePart {
  const name = nameOf(claim);
  if (isTerminating(claim)) {
    return unusable(terminating(name));
  }
  const metadata = claimMetadata(sandbox, workspace);
  const needsOwner = workspace.retention === 'Delete' && !isControlledBy(claim, sandbox);
  const isStale = needsOwner || hasDrifted(claim.metadata.labels, metadata.labels);
  const intent = onto(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata });
  const judged = judge(claim, workspace);
  return {
    ...NOTHING,
    finding: judged,
    isUsable: judged.reason !== REASONS.volumeLost,
    apply: isStale ? [intent] : [],
  };
}

function judge(claim: PersistentVolumeClaim, workspace: Workspace): Finding {
  const name = nameOf(claim);
  const phase = claim.status?.phase;
  if (phase === 'Lost') {
    return fails(
      REASONS.volumeLost,
      `The volume of the claim ${name} is gone with what it held; delete the claim to start with a new one.`,
    );
  }
  if (phase !== 'Bound') return fails(REASONS.volumePending, `The volume claim ${name} waits for its volume.`);
  const size = claim.spec?.resources?.requests?.['storage'] ?? '0';
  const differs = compareQuantities(size, workspace.size) !== 0;
  const note = differs ? ` It was made with ${size} and keeps that size, whatever spec.workspace.size says.` : '';
  return holds(REASONS.volumeBound, `The volume claim ${name} is bound.${note}`);
}
