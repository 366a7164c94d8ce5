import { LABELS, RUNTIME_PORT, RUNTIME_PORT_NAME, type Sandbox } from '@sandfleet/crds';
import { controllerReference, type Service } from '@sandfleet/kube';

import { childLabels, nameOf, namespaceOf, uidOf } from './names.ts';

/** A headless Service: a DNS name for the pod, and no virtual address of its own. */
export function buildService(sandbox: Sandbox): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: nameOf(sandbox),
      namespace: namespaceOf(sandbox),
      labels: childLabels(sandbox),
      ownerReferences: [controllerReference(sandbox)],
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      selector: { [LABELS.sandboxUid]: uidOf(sandbox) },
      ports: [{ name: RUNTIME_PORT_NAME, port: RUNTIME_PORT, targetPort: RUNTIME_PORT_NAME, protocol: 'TCP' }],
    },
  };
}
