import { SANDBOX_RESOURCE } from '@sandfleet/crds';
import {
  defineResource,
  dropManagedFields,
  Reflector,
  Store,
  type KubeClient,
  type KubeMetrics,
  type KubeObject,
} from '@sandfleet/kube';
import type { Logger } from '@sandfleet/server-kit';

import type { SandboxIntent } from './sandbox-object.ts';
import type { StoredSandbox } from './sandbox-view.ts';

export type SandboxObject = StoredSandbox & KubeObject;
export type SandboxStore = Store<SandboxObject>;

export const sandboxes = defineResource<SandboxObject>(SANDBOX_RESOURCE);

const BY_NAME = 'name';

/** Every Sandbox that this control plane serves. Names are indexed across namespaces, since each is an id in URLs. */
export function createSandboxStore(): SandboxStore {
  return new Store<SandboxObject>({ indexes: { [BY_NAME]: ({ metadata }) => [metadata.name] }, transform: withoutEnv });
}

/** Nothing here reads the environments: they may hold secrets, and half a megabyte each. */
function withoutEnv(sandbox: SandboxObject): SandboxObject {
  const { env: _dropped, ...spec } = sandbox.spec;
  return { ...dropManagedFields(sandbox), spec };
}

export interface WatchSandboxesOptions {
  readonly client: KubeClient;
  readonly store: SandboxStore;
  /** All namespaces when undefined. */
  readonly namespace: string | undefined;
  readonly log: Logger;
  readonly metrics: KubeMetrics;
}

/** The caller runs the reflector. */
export function watchSandboxes({ client, store, namespace, log, metrics }: WatchSandboxesOptions): Reflector<SandboxObject> {
  return new Reflector({ client, type: sandboxes, namespace, store, log, metrics });
}

/** Whether a sandbox of another namespace has the name: the gateway gives a URL's id to the oldest of them. */
export function isShadowed(store: SandboxStore, { name, namespace }: { name: string; namespace: string }): boolean {
  return store.byIndex(BY_NAME, name).some(({ metadata }) => metadata.namespace !== namespace);
}

export async function createSandboxObject(
  client: KubeClient,
  store: SandboxStore,
  intent: SandboxIntent,
): Promise<SandboxObject> {
  // The API server answers with the whole object: what the intent leaves out is filled in by the kind's defaults.
  const created = await client.create(sandboxes, intent as unknown as SandboxObject, { fieldManager: 'sandfleet-api' });
  store.upsert(created);
  return created;
}
