import { SANDBOX_API_VERSION, SANDBOX_KIND, type Sandbox, type SandboxSpec, type SandboxStatus } from '@sandfleet/crds';
import type { NetworkPolicy, PersistentVolumeClaim, Pod, Service } from '@sandfleet/kube';

import { egressIntent } from '../../network/egress-key.ts';
import { buildPolicy } from '../../network/policy.ts';
import { buildClaim } from './claim.ts';
import type { Observed, PodKey, Refusal, SandboxSettings, ChildKind } from './observed.ts';
import { buildPod } from './pod.ts';
import { reconcile } from './reconcile.ts';
import { buildService } from './service.ts';

export const NOW = new Date('2026-03-01T12:00:00Z');
export const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
export const timeAt = (seconds: number): string => `${at(seconds).toISOString().slice(0, 19)}Z`;

export const SETTINGS: SandboxSettings = {
  runtimeImage: 'sandfleet/runtime:1',
  runtimeImagePullPolicy: 'IfNotPresent',
  gateway: { url: 'http://gateway.example:30080' },
};
export const POD_KEY: PodKey = { kid: 'key-1', pem: '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n' };
export const GATEWAY = { namespace: 'sandfleet-system', instance: 'sandfleet' };
export const NO_DENIED = { nodes: [], pods: [], configured: [] };

const DEFAULT_SPEC: SandboxSpec = {
  operatingMode: 'Running',
  network: { egress: { mode: 'Internet' } },
  service: false,
  failurePolicy: { mode: 'Recreate' },
};

type Partially<T> = { readonly [K in keyof T]?: Partially<T[K]> };

/** A Sandbox and its surroundings; every method gives another scenario and leaves this one alone. */
export class Scenario {
  readonly observed: Observed;

  constructor(observed: Observed) {
    this.observed = observed;
  }

  with(change: Partial<Observed>): Scenario {
    return new Scenario({ ...this.observed, ...change });
  }

  withStatus(status: SandboxStatus): Scenario {
    return this.with({ sandbox: { ...this.observed.sandbox, status: { ...this.observed.sandbox.status, ...status } } });
  }

  withMetadata(metadata: Partial<Sandbox['metadata']>): Scenario {
    const { sandbox } = this.observed;
    return this.with({ sandbox: { ...sandbox, metadata: { ...sandbox.metadata, ...metadata } } });
  }

  withPod(change: Partially<Pod> = {}): Scenario {
    const { sandbox, policyIntent } = this.observed;
    const network = policyIntent.spec?.podSelector?.matchLabels?.['sandfleet.dev/network'] ?? '';
    const pod = buildPod(sandbox, { settings: SETTINGS, podKey: POD_KEY, network });
    return this.with({ pod: merge(merge(pod, { metadata: { uid: 'pod-uid-1' } }), change) as Pod });
  }

  withReadyPod(change: Partially<Pod> = {}): Scenario {
    return this.withPod(merge(READY_POD, change) as Partially<Pod>);
  }

  withoutPolicy(): Scenario {
    return this.with({ policy: undefined });
  }

  withPolicy(change: Partially<NetworkPolicy>): Scenario {
    return this.with({
      policy: merge(merge(this.observed.policyIntent, { metadata: { uid: 'policy-uid' } }), change) as NetworkPolicy,
    });
  }

  withClaim(change: Partially<PersistentVolumeClaim> = {}): Scenario {
    const { sandbox } = this.observed;
    const { workspace } = sandbox.spec;
    if (workspace === undefined) throw new Error('a claim needs spec.workspace');
    const claim = merge(buildClaim(sandbox, workspace), { metadata: { uid: 'claim-uid' } });
    return this.with({ claim: merge(claim, change) as PersistentVolumeClaim });
  }

  withService(change: Partially<Service> = {}): Scenario {
    const service = merge(buildService(this.observed.sandbox), { metadata: { uid: 'service-uid' } });
    return this.with({ service: merge(service, change) as Service });
  }

  withRefusal(kind: ChildKind, refusal: Partial<Refusal> = {}): Scenario {
    const made = { kind: 'Refused', message: 'exceeded quota: q', retryAt: at(30), ...refusal } as const;
    return this.with({ refusals: { ...this.observed.refusals, [kind]: made } });
  }

  reconcile(now: Date = NOW) {
    return reconcile(this.observed, now);
  }

  /** The scenario of the next pass: the status has been written. */
  next(now: Date = NOW): Scenario {
    return this.with({ sandbox: { ...this.observed.sandbox, status: this.reconcile(now).status ?? {} } });
  }

  /** Reason, message and status of a condition after a pass. */
  condition(type: string, now: Date = NOW) {
    const found = this.reconcile(now).status?.conditions?.find((condition) => condition.type === type);
    return found === undefined ? undefined : { status: found.status, reason: found.reason, message: found.message };
  }
}

/** The sandbox `demo` of an otherwise empty spec, with its policy and the public keys in place, and no pod yet. */
export function sandbox(spec: Partial<SandboxSpec> = {}): Scenario {
  const made: Sandbox = {
    apiVersion: SANDBOX_API_VERSION,
    kind: SANDBOX_KIND,
    metadata: { name: 'demo', namespace: 'team', uid: 'sandbox-uid', generation: 1, creationTimestamp: timeAt(-60) },
    spec: { ...DEFAULT_SPEC, ...spec },
  };
  const policyIntent = buildPolicy('team', egressIntent(made.spec.network.egress), { denied: NO_DENIED, gateway: GATEWAY });
  return new Scenario({
    settings: SETTINGS,
    sandbox: made,
    strayPods: [],
    policy: { ...policyIntent, metadata: { ...policyIntent.metadata, uid: 'policy-uid' } },
    policyIntent,
    widenedBy: [],
    podKey: POD_KEY,
    refusals: {},
    ownsUrl: true,
  });
}

export const container = (status: Record<string, unknown>) => ({
  name: 'sandbox',
  image: 'sandfleet/runtime:1',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...status,
});

export const SCHEDULED = { type: 'PodScheduled', status: 'True', reason: 'PodScheduled' } as const;

const READY_POD = {
  spec: { nodeName: 'node-1' },
  status: {
    phase: 'Running',
    startTime: timeAt(-30),
    podIPs: [{ ip: '10.244.0.7' }],
    conditions: [SCHEDULED, { type: 'Ready', status: 'True' }],
    containerStatuses: [container({ ready: true, started: true, state: { running: { startedAt: timeAt(-30) } } })],
  },
};

/** Objects field by field; lists and plain values whole. `null` takes a field away. */
export function merge(base: unknown, change: unknown): unknown {
  if (!isPlain(base) || !isPlain(change)) return change;
  const merged = { ...base };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(base[key], value);
  }
  return merged;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
