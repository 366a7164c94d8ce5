import type { KubeClient } from '@sandfleet/kube';

import { sandboxes } from '../../../../api/src/control-plane/sandbox-store.ts';

export interface Played {
  readonly namespace: string;
  readonly name: string;
  readonly phase: 'Pending' | 'Starting' | 'Ready' | 'Failed';
  readonly reason?: string;
  readonly message?: string;
}

/** Writes the status as the operator would. */
export async function playOperator(client: KubeClient, played: Played): Promise<void> {
  const { namespace, name, phase, reason = phase, message = '' } = played;
  const condition = {
    type: 'Ready',
    status: phase === 'Ready' ? 'True' : 'False',
    reason,
    message,
    lastTransitionTime: new Date().toISOString(),
  };
  const status = { status: { phase, conditions: [condition] } };
  await client.patch(sandboxes, { namespace, name }, status, {
    contentType: 'application/merge-patch+json',
    subresource: 'status',
  });
}
