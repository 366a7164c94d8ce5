import type { NetworkPolicy } from '@sandfleet/kube';

import { hasDrifted } from '../controllers/drift.ts';

/**
 * Whether a policy says anything but what it should. Of its rules more counts as much as less: one label more in the selector,
 * and it finds no pod any more. The API server adds no defaults to rules as complete as ours.
 */
export const hasPolicyDrifted = (live: NetworkPolicy, intent: NetworkPolicy): boolean =>
  hasDrifted(live, intent) || hasDrifted(intent.spec, live.spec);
