import type { Sandbox, Workspace } from '@sandfleet/crds';
import { controllerReference, type PersistentVolumeClaim } from '@sandfleet/kube';

import { childLabels, claimName, nameOf, namespaceOf } from './names.ts';

/** The claim for the workspace. One that is to be retained has no owner, so that the garbage collector leaves it. */
export function buildClaim(sandbox: Sandbox, workspace: Workspace): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: claimMetadata(sandbox, workspace),
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(workspace.storageClassName === undefined ? {} : { storageClassName: workspace.storageClassName }),
      resources: { requests: { storage: String(workspace.size) } },
    },
  };
}

/** What may still change of a claim that exists; its size and class stay as they were made. */
export function claimMetadata(sandbox: Sandbox, workspace: Workspace) {
  return {
    name: claimName(nameOf(sandbox)),
    namespace: namespaceOf(sandbox),
    labels: childLabels(sandbox),
    ...(workspace.retention === 'Delete' ? { ownerReferences: [controllerReference(sandbox)] } : {}),
  };
}
