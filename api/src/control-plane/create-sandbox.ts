import type { CreateSandbox } from '@sandfleet/contract/control-plane';

import type { AuditEntry } from './audit.ts';
import type { Cluster } from './find-sandbox.ts';
import { nameTaken, toCreateError } from './kube-refusal.ts';
import { randomName } from './names.ts';
import { toSandboxObject } from './sandbox-object.ts';
import { createSandboxObject, isShadowed, type SandboxObject } from './sandbox-store.ts';

export interface CreateRequest {
  readonly body: CreateSandbox;
  readonly namespace: string;
  readonly entry: AuditEntry;
}

/**
 * Writes the Sandbox and nothing else; the operator does the rest. The call does not end with the client's connection, so that
 * what was made is known and on record.
 *
 * @throws ApiError for what the door, the kind's rules or the namespace's quota refuse.
 */
export async function createSandbox(
  { client, store }: Cluster,
  { body, namespace, entry }: CreateRequest,
): Promise<SandboxObject> {
  const name = body.name ?? randomName();
  entry.sandbox = name;
  const intent = toSandboxObject(body, { name, namespace });
  if (isShadowed(store, { name, namespace })) throw nameTaken(name);
  try {
    const created = await createSandboxObject(client, store, intent);
    entry.sandboxUid = created.metadata.uid;
    return created;
  } catch (error) {
    throw toCreateError(error, { name, namespace, env: Object.keys(body.env ?? {}) });
  }
}
