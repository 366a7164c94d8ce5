import { GROUP, SANDBOX_KIND, SANDBOX_PLURAL, VERSION } from '../constants.ts';
import type { ObjectMeta } from '../meta.ts';
import type { SandboxSpec } from './spec.ts';
import type { SandboxStatus } from './status.ts';

/** A Sandbox as the API server returns it: defaults are filled in. */
export interface Sandbox {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: SandboxSpec;
  readonly status?: SandboxStatus;
  // Kubernetes adds to every kind; an object read may hold more than this version names.
  readonly [extra: string]: unknown;
}

export const SANDBOX_API_VERSION = `${GROUP}/${VERSION}`;

/** Where the API server serves the kind. */
export const SANDBOX_RESOURCE = {
  group: GROUP,
  version: VERSION,
  plural: SANDBOX_PLURAL,
  kind: SANDBOX_KIND,
  namespaced: true,
} as const;
