import type { Handlers } from '@sandfleet/server-kit';
import type { ControlPlane, SandboxView } from '@sandfleet/contract/control-plane';
import type { GatewayAddress } from '@sandfleet/crds';
import { isNotFound } from '@sandfleet/kube';

import type { Audit } from './audit.ts';
import { createSandbox } from './create-sandbox.ts';
import { findSandbox, notFound, type Cluster } from './find-sandbox.ts';
import type { Guard } from './guard.ts';
import { toUnavailable } from './kube-refusal.ts';
import { pageOf } from './page.ts';
import type { ReadyWaits } from './ready-waits.ts';
import { sandboxes, type SandboxObject } from './sandbox-store.ts';
import { toSandboxView } from './sandbox-view.ts';

export interface SandboxHandlersOptions {
  readonly cluster: Cluster;
  readonly gateway: GatewayAddress;
  readonly guard: Guard;
  readonly audit: Audit;
  readonly waits: ReadyWaits;
}

type SandboxHandlers = Pick<Handlers<ControlPlane>, 'createSandbox' | 'listSandboxes' | 'getSandbox' | 'deleteSandbox'>;

export function sandboxHandlers(options: SandboxHandlersOptions): SandboxHandlers {
  const { cluster, gateway, guard, audit, waits } = options;
  const view = (sandbox: SandboxObject): SandboxView => toSandboxView(sandbox, gateway);
  return {
    async createSandbox({ body }, { request, reply, signal }) {
      const principal = guard.principalOf(request);
      const created = await audit.run({ action: 'sandbox.create', principal, request }, (entry) =>
        createSandbox(cluster, { body, namespace: principal.namespace, entry }),
      );
      const { uid, name } = created.metadata;
      await waits.wait(uid, { seconds: body.wait ?? 0, signal });
      void reply.header('location', `/v1/sandboxes/${name}`);
      return view(cluster.store.getByUid(uid) ?? created);
    },

    listSandboxes({ query }, { request }) {
      const page = pageOf(cluster.store.list(guard.principalOf(request).namespace), query);
      return { items: page.items.map((sandbox) => toSandboxView(sandbox, gateway)), nextCursor: page.nextCursor };
    },

    async getSandbox({ params }, { request }) {
      return view(await findSandbox(cluster, guard.principalOf(request).namespace, params.id));
    },

    async deleteSandbox({ params }, { request }) {
      const principal = guard.principalOf(request);
      await audit.run({ action: 'sandbox.delete', principal, request }, async (entry) => {
        entry.sandbox = params.id.slice(0, 63);
        const { metadata } = await findSandbox(cluster, principal.namespace, params.id);
        entry.sandboxUid = metadata.uid;
        await deleteSandbox(cluster, metadata);
      });
    },
  };
}

/** The UID holds the deletion to the sandbox that was found: a later one of the same name is not touched. */
async function deleteSandbox({ client, store }: Cluster, { namespace, name, uid }: SandboxObject['metadata']): Promise<void> {
  try {
    const remaining = await client.delete(sandboxes, { namespace, name, uid }, { propagationPolicy: 'Background' });
    // While a finalizer holds it, it is still there to be seen, as Terminating.
    if (remaining?.metadata.deletionTimestamp === undefined) store.remove({ namespace, name, uid });
    else store.upsert(remaining);
  } catch (error) {
    if (!isNotFound(error)) throw toUnavailable(error);
    store.remove({ namespace, name, uid });
    throw notFound(name);
  }
}
