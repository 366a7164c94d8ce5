import type { SandboxView } from '@sandfleet/contract/control-plane';
import { ANNOTATIONS, sandboxUrl, type GatewayAddress, type Sandbox } from '@sandfleet/crds';

import { DEFAULT_TEMPLATE } from './sandbox-object.ts';

/** A Sandbox as the API server returned it: its name, namespace, uid and creation time are there. */
export interface StoredSandbox extends Sandbox {
  readonly metadata: Sandbox['metadata'] & {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly creationTimestamp: string;
  };
}

export function isReady(sandbox: Sandbox): boolean {
  return sandbox.metadata.deletionTimestamp === undefined && readyCondition(sandbox)?.status === 'True';
}

/** What callers see of a sandbox. Its environment is not shown: it may hold secrets. */
export function toSandboxView(sandbox: StoredSandbox, gateway: GatewayAddress): SandboxView {
  const { metadata, spec, status } = sandbox;
  const { resources, network, workspace } = spec;
  return {
    id: metadata.name,
    uid: metadata.uid,
    name: metadata.name,
    namespace: metadata.namespace,
    ...stateOf(sandbox),
    url: sandboxUrl(gateway, metadata.name) ?? null,
    createdAt: metadata.creationTimestamp,
    startedAt: status?.startedAt ?? null,
    expiresAt: status?.expiresAt ?? null,
    template: DEFAULT_TEMPLATE,
    image: spec.image ?? null,
    resources: {
      ...(resources?.requests === undefined ? {} : { requests: asText(resources.requests) }),
      ...(resources?.limits === undefined ? {} : { limits: asText(resources.limits) }),
    },
    network: {
      egress: { mode: network.egress.mode, ...(network.egress.cidrs === undefined ? {} : { cidrs: [...network.egress.cidrs] }) },
    },
    workspace: workspace === undefined ? null : { ...workspace, size: String(workspace.size) },
    restarts: status?.restarts ?? 0,
    lastTermination: lastTerminationOf(sandbox),
    metadata: metadataOf(sandbox),
  };
}

function stateOf(sandbox: StoredSandbox): Pick<SandboxView, 'phase' | 'ready' | 'reason' | 'message'> {
  if (sandbox.metadata.deletionTimestamp !== undefined)
    return { phase: 'Terminating', ready: false, reason: 'Terminating', message: 'The sandbox is being deleted.' };
  const phase = sandbox.status?.phase ?? 'Pending';
  if (isReady(sandbox)) return { phase, ready: true, reason: null, message: null };
  const { reason = 'Pending', message = 'The operator has not seen the sandbox yet.' } = readyCondition(sandbox) ?? {};
  return { phase, ready: false, reason, message };
}

function readyCondition({ status }: Sandbox) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

function lastTerminationOf({ status }: Sandbox): SandboxView['lastTermination'] {
  if (status?.lastTermination === undefined) return null;
  const { reason, exitCode, time, message } = status.lastTermination;
  return { reason, time, ...(exitCode === undefined ? {} : { exitCode }), ...(message === undefined ? {} : { message }) };
}

/** The annotation can be written by others too; what is not a map of texts counts as none. */
function metadataOf({ metadata }: Sandbox): Record<string, string> {
  try {
    const value: unknown = JSON.parse(metadata.annotations?.[ANNOTATIONS.metadata] ?? '{}');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}

function asText(quantities: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, String(quantity)]));
}
