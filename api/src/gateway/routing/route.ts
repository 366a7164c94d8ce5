import type { PodView, SandboxView } from './views.ts';

/** The pod that a sandbox's requests go to. */
export interface PodRoute {
  readonly uid: string;
  readonly ip: string;
  readonly keyId: string;
}

/** Where an id leads. `pod` is undefined while there is none to send to, and `reason` then says why. */
export interface Route {
  readonly sandbox: SandboxView;
  readonly pod: PodRoute | undefined;
  readonly reason: string;
}

/** One URL for a name that two namespaces have: the oldest keeps it. */
export function bySeniority(a: SandboxView, b: SandboxView): number {
  return compare(a.createdAt, b.createdAt) || compare(a.uid, b.uid);
}

/** Chooses the pod of a sandbox from those that belong to it. */
export function routeTo(sandbox: SandboxView, pods: readonly PodView[], isDialable: (address: string) => boolean): Route {
  if (sandbox.isDeleting) return { sandbox, pod: undefined, reason: 'The sandbox is being deleted.' };
  const live = pods
    .filter((pod) => pod.namespace === sandbox.namespace && !pod.isOver && !pod.isTerminating)
    .toSorted((a, b) => Number(b.isReady) - Number(a.isReady) || compare(b.createdAt, a.createdAt) || compare(a.uid, b.uid));
  const [pod] = live;
  if (pod === undefined) return { sandbox, pod: undefined, reason: sandbox.reason ?? 'The sandbox has no running pod.' };
  const { uid, ip, keyId, isReady } = pod;
  if (!isReady || ip === undefined) return { sandbox, pod: undefined, reason: sandbox.reason ?? 'The pod is not ready.' };
  if (!isDialable(ip)) return { sandbox, pod: undefined, reason: `The address of the pod, ${ip}, is not one that a pod has.` };
  if (keyId === undefined) return { sandbox, pod: undefined, reason: 'The pod does not say which key it was started with.' };
  return { sandbox, pod: { uid, ip, keyId }, reason: '' };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
