import type { Sandbox, GatewayAddress } from '@sandfleet/crds';
import type { NetworkPolicy, PersistentVolumeClaim, Pod, Service } from '@sandfleet/kube';

/** The public half of the key that the gateway signs its tokens for pods with. */
export interface PodKey {
  readonly kid: string;
  readonly pem: string;
}

export interface SandboxSettings {
  readonly runtimeImage: string;
  readonly runtimeImagePullPolicy: string;
  readonly gateway: GatewayAddress;
}

export const CHILD_KINDS = ['Pod', 'PersistentVolumeClaim', 'Service'] as const;
export type ChildKind = (typeof CHILD_KINDS)[number];

/** Why the API server did not let a child be made, and when to try again. */
export interface Refusal {
  /** An object of somebody else has the name; or the API server refused ours, for a quota or a policy. */
  readonly kind: 'NameTaken' | 'Refused';
  readonly message: string;
  readonly retryAt: Date;
}

/** All that a pass looks at, read once. */
export interface Observed {
  readonly settings: SandboxSettings;
  readonly sandbox: Sandbox;
  /** Whatever has the name that our child has, be it ours or not. */
  readonly pod?: Pod | undefined;
  readonly claim?: PersistentVolumeClaim | undefined;
  readonly service?: Service | undefined;
  /** Pods that name this sandbox as their controller and have another name. */
  readonly strayPods: readonly Pod[];
  /** The policy of the name that the sandbox's egress leads to, and what that policy should say. */
  readonly policy?: NetworkPolicy | undefined;
  readonly policyIntent: NetworkPolicy;
  /** Names of policies of others that select the pod and allow more. */
  readonly widenedBy: readonly string[];
  readonly podKey?: PodKey | undefined;
  readonly refusals: Readonly<Partial<Record<ChildKind, Refusal>>>;
  /** Whether this is the oldest sandbox of its name, which the URL belongs to. */
  readonly ownsUrl: boolean;
}
