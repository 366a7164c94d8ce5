import type { KubeObject } from '@sandfleet/kube';

import type { ObjectReference } from './desired.ts';

/** The intent, meant for the live object alone. */
export const onto = <T extends KubeObject>(live: KubeObject, intent: T): T => ({
  ...intent,
  metadata: { ...intent.metadata, uid: live.metadata.uid },
});

export const referenceTo = ({ apiVersion, kind, metadata }: KubeObject): ObjectReference => ({
  apiVersion,
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid ?? '',
});
