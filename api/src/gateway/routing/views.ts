import { ANNOTATIONS, GROUP, LABELS, SANDBOX_KIND, type Sandbox } from '@sandfleet/crds';
import type { Pod } from '@sandfleet/kube';

/** What routing needs of a Sandbox. */
export interface SandboxView {
  readonly id: string;
  readonly uid: string;
  readonly namespace: string;
  /** RFC 3339: sorts as text. */
  readonly createdAt: string;
  readonly isDeleting: boolean;
  /** Why it is not ready, in the operator's words. */
  readonly reason: string | undefined;
}

/** What routing needs of a pod that belongs to a Sandbox. */
export interface PodView {
  readonly uid: string;
  readonly sandboxUid: string;
  readonly namespace: string;
  readonly createdAt: string;
  readonly ip: string | undefined;
  /** Id of the public key that the pod was started with. */
  readonly keyId: string | undefined;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  /** It ran and will not run again. */
  readonly isOver: boolean;
}

const REASON_LENGTH = 300;

export function sandboxView({ metadata, status }: Sandbox): SandboxView | undefined {
  const { name, uid, namespace, creationTimestamp = '' } = metadata;
  if (name === undefined || uid === undefined || namespace === undefined) return undefined;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const reason = ready === undefined || ready.status === 'True' ? undefined : `${ready.reason}: ${ready.message}`;
  return {
    id: name,
    uid,
    namespace,
    createdAt: creationTimestamp,
    isDeleting: metadata.deletionTimestamp !== undefined,
    reason: reason?.slice(0, REASON_LENGTH),
  };
}

/**
 * Undefined for a pod that is not, beyond doubt, the one that the operator made for a Sandbox: label and controller reference
 * must name the same UID. A pod on the node's network is no sandbox: its address is the node's.
 */
export function podView({ metadata, spec, status }: Pod): PodView | undefined {
  const { uid, namespace, labels, annotations, creationTimestamp = '' } = metadata;
  const sandboxUid = labels?.[LABELS.sandboxUid];
  if (uid === undefined || namespace === undefined || sandboxUid === undefined) return undefined;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.uid !== sandboxUid || owner.kind !== SANDBOX_KIND || !owner.apiVersion.startsWith(`${GROUP}/`)) return undefined;
  if (spec?.hostNetwork === true) return undefined;
  const phase = status?.phase;
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const isReady = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
  return {
    uid,
    sandboxUid,
    namespace,
    createdAt: creationTimestamp,
    ip: status?.podIP,
    keyId: annotations?.[ANNOTATIONS.podKey],
    isReady: isReady && phase === 'Running',
    isTerminating: metadata.deletionTimestamp !== undefined,
    isOver,
  };
}
