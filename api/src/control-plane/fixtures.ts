import { ANNOTATIONS, SANDBOX_API_VERSION, SANDBOX_KIND, type Condition } from '@sandfleet/crds';

import type { SandboxObject } from './sandbox-store.ts';

interface Given {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly createdAt?: string;
  readonly resourceVersion?: string;
  readonly deletedAt?: string;
  readonly metadata?: string;
  readonly spec?: Partial<SandboxObject['spec']>;
  readonly status?: SandboxObject['status'];
}

/** A Sandbox as the API server returns it, with the kind's defaults. */
export function sandbox(given: Given = {}): SandboxObject {
  const { name = 'a', namespace = 'team-a', uid = `uid-of-${name}`, createdAt = '2026-01-01T00:00:00Z' } = given;
  const object = {
    apiVersion: SANDBOX_API_VERSION,
    kind: SANDBOX_KIND,
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp: createdAt,
      resourceVersion: given.resourceVersion ?? '1',
      ...(given.deletedAt === undefined ? {} : { deletionTimestamp: given.deletedAt }),
      ...(given.metadata === undefined ? {} : { annotations: { [ANNOTATIONS.metadata]: given.metadata } }),
    },
    spec: {
      operatingMode: 'Running',
      service: false,
      network: { egress: { mode: 'Internet' } },
      failurePolicy: { mode: 'Recreate' },
      ...given.spec,
    },
    ...(given.status === undefined ? {} : { status: given.status }),
  };
  return object as SandboxObject;
}

export function ready(status: 'True' | 'False' | 'Unknown', reason = 'Ready', message = ''): Condition {
  return { type: 'Ready', status, reason, message, lastTransitionTime: '2026-01-01T00:00:05Z' };
}
