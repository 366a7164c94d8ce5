import { dropManagedFields, type Pod } from '@sandfleet/kube';

/**
 * What the operator reads of a pod. The rest (environment, probes, volumes, tolerations) is most of it, and there may be ten
 * thousand.
 */
export function podView(pod: Pod): Pod {
  const { apiVersion, kind, spec, status } = pod;
  return {
    apiVersion,
    kind,
    metadata: dropManagedFields(pod).metadata,
    spec: {
      ...(spec?.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
      containers: (spec?.containers ?? []).map(({ name, image }) => ({ name, ...(image === undefined ? {} : { image }) })),
    },
    ...(status === undefined ? {} : { status }),
  };
}
