export type { Access, AccessProvider, TlsAccess } from './access.ts';
export { fixedAccess } from './access.ts';
export { Applier, type ApplierOptions, type IntentOptions } from './applier.ts';
export { Backoff, type BackoffOptions } from './backoff.ts';
export {
  type ApplyOptions,
  type CallOptions,
  type DeleteOptions,
  type DeleteRef,
  KubeClient,
  type KubeClientOptions,
  type ListOptions,
  type PatchOptions,
  type Selection,
  type WatchOptions,
  type WriteOptions,
} from './client.ts';
export {
  type Condition,
  type ConditionInput,
  findCondition,
  isTrue,
  removeCondition,
  setCondition,
  wholeSeconds,
} from './conditions.ts';
export { connect, type ConnectOptions } from './connect.ts';
export {
  type ControllerOptions,
  type Reconcile,
  type ReconcileContext,
  type ReconcileResult,
  runController,
  TerminalError,
} from './controller.ts';
export type { EventInput } from './event-object.ts';
export { type EventLimits, EventRecorder, type EventRecorderOptions } from './event-recorder.ts';
export {
  BAD_RESPONSE,
  CLIENT_TIMEOUT,
  CONNECTION_FAILED,
  hasStatus,
  isAlreadyExists,
  isConflict,
  isGone,
  isNotFound,
  isUnavailable,
  KubeError,
  type KubeErrorOptions,
  RESPONSE_TOO_LARGE,
  type StatusDetails,
} from './kube-error.ts';
export { type LeaderCallbacks, LeaderElector, type LeaderElectorOptions } from './leader-elector.ts';
export { microTime } from './lease-record.ts';
export { createKubeMetrics, type KubeMetrics } from './metrics.ts';
export {
  keyOf,
  type KubeObject,
  type List,
  type ObjectMeta,
  type ObjectRef,
  type OwnerReference,
  parseKey,
  type WatchEvent,
} from './object.ts';
export { controllerOf, controllerReference, isControlledBy, ownerReference } from './owner-reference.ts';
export { Reflector, type ReflectorOptions, type ReflectorTiming } from './reflector.ts';
export { apiVersionOf, defineResource, type ResourceType } from './resource-type.ts';
export { compareResourceVersions } from './resource-version.ts';
export * from './resources.ts';
export { type Change, dropManagedFields, type RemovedRef, Store, type StoreOptions, type Transform } from './store.ts';
export { WorkQueue, type WorkQueueOptions } from './work-queue.ts';
