import { ANNOTATIONS, LABELS, type Sandbox } from '@sandfleet/crds';
import type { ObjectMeta, Pod } from '@sandfleet/kube';

/** What routing reads of a Sandbox, and no more: the cache holds every one of the cluster. */
export function slimSandbox(sandbox: Sandbox): Sandbox {
  const conditions = sandbox.status?.conditions?.filter(({ type }) => type === 'Ready') ?? [];
  return { ...sandbox, metadata: slimMeta(sandbox.metadata), spec: {} as Sandbox['spec'], status: { conditions } };
}

/** What routing reads of a pod. */
export function slimPod(pod: Pod): Pod {
  const { spec, status } = pod;
  const conditions = status?.conditions?.filter(({ type }) => type === 'Ready') ?? [];
  const { phase, podIP } = status ?? {};
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: slimMeta(pod.metadata),
    spec: { containers: [], ...(spec?.hostNetwork === undefined ? {} : { hostNetwork: spec.hostNetwork }) },
    status: { conditions, ...(phase === undefined ? {} : { phase }), ...(podIP === undefined ? {} : { podIP }) },
  };
}

function slimMeta<M extends ObjectMeta>(metadata: M): M {
  const { managedFields: _fields, annotations, labels, ...rest } = metadata;
  const uid = labels?.[LABELS.sandboxUid];
  const key = annotations?.[ANNOTATIONS.podKey];
  return {
    ...rest,
    ...(uid === undefined ? {} : { labels: { [LABELS.sandboxUid]: uid } }),
    ...(key === undefined ? {} : { annotations: { [ANNOTATIONS.podKey]: key } }),
    // Only optional parts were left out.
  } as unknown as M;
}
