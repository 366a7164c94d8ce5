import { createHash } from 'node:crypto';

import type { Egress } from '@sandfleet/crds';

/** What a sandbox asks for, in the one form that equal wishes share. */
export interface EgressIntent {
  readonly mode: Egress['mode'];
  readonly cidrs: readonly string[];
}

export function egressIntent(egress: Egress): EgressIntent {
  return { mode: egress.mode, cidrs: egress.mode === 'Restricted' ? [...new Set(egress.cidrs)].toSorted() : [] };
}

// 64 bits: with fewer, somebody could look for a list of ranges that shares the policy of another list.
const HASH_LENGTH = 16;

/** Value of the pod label by which a policy finds its pods: the mode, for people, and a hash of all that decides the policy. */
export function networkLabel(intent: EgressIntent): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([intent.mode, intent.cidrs]))
    .digest('hex');
  return `${intent.mode.toLowerCase()}-${hash.slice(0, HASH_LENGTH)}`;
}

const PREFIX = 'sandfleet-';

export const policyName = (label: string): string => `${PREFIX}${label}`;

/** The label value that the policy `name` stands for; undefined for names that are not of this form. */
export function labelOfPolicy(name: string): string | undefined {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
}
