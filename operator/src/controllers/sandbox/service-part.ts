import { isControlledBy } from '@sandfleet/kube';

import { hasDrifted } from '../drift.ts';
import { onto, referenceTo } from '../object-reference.ts';
import { fails, holds, type Finding } from './conditions.ts';
import { isLeftOver, isOrphanOf, isTerminating, nameOf } from './names.ts';
import type { Observed, Refusal } from './observed.ts';
import { finding, NOTHING, secondsUntilRetry, type Part } from './part.ts';
import { REASONS } from './reasons.ts';
import { buildService } from './service.ts';

export function servicePart(observed: Observed, now: Date): Part {
  const { sandbox, service } = observed;
  const isOwn = service !== undefined && isControlledBy(service, sandbox);
  if (!sandbox.spec.service) return isOwn && !isTerminating(service) ? { ...NOTHING, delete: [referenceTo(service)] } : NOTHING;
  if (service === undefined) return missing(observed, now);
  if (isLeftOver(service, sandbox)) return finding(pending(nameOf(sandbox)));
  if (!isOwn && !isOrphanOf(service, sandbox)) return finding(nameTaken(nameOf(sandbox)));
  if (isTerminating(service)) return finding(pending(nameOf(sandbox)));
  const intent = buildService(sandbox);
  const { labels } = intent.metadata;
  // With one label more than it should ask for, a selector finds no pod any more.
  const asksForMore = hasDrifted(intent.spec?.selector, service.spec?.selector);
  const hasChanged = hasDrifted(service.metadata.labels, labels) || hasDrifted(service.spec, intent.spec) || asksForMore;
  return {
    ...finding(holds(REASONS.serviceInPlace, `The headless Service ${nameOf(sandbox)} is in place.`)),
    apply: !isOwn || hasChanged ? [onto(service, intent)] : [],
  };
}

function missing({ sandbox, refusals }: Observed, now: Date): Part {
  const refusal = refusals.Service;
  const intent = buildService(sandbox);
  if (refusal === undefined) return { ...finding(pending(nameOf(sandbox))), apply: [intent] };
  const wait = secondsUntilRetry(refusal, now);
  return { ...finding(refused(refusal, nameOf(sandbox))), apply: wait === 0 ? [intent] : [], requeueAfterSeconds: wait };
}

const pending = (name: string): Finding => fails(REASONS.servicePending, `The headless Service ${name} is being made.`);

const nameTaken = (name: string): Finding =>
  fails(
    REASONS.serviceNameTaken,
    `A Service ${name} that is not this sandbox's has the name that its Service needs; rename or delete it, or set spec.service to false.`,
  );

const refused = ({ kind, message }: Refusal, name: string): Finding =>
  kind === 'NameTaken'
    ? nameTaken(name)
    : fails(REASONS.serviceRefused, `The API server refuses the Service ${name}: ${message}`);
