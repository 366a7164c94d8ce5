import { createKubeMetrics, defineResource, fixedAccess, type KubeClient, type KubeObject } from '@sandfleet/kube';
import { createLogger, createMetrics, loadConfig, type Registry } from '@sandfleet/server-kit';

import { OperatorConfig } from '../../../../operator/src/config.ts';
import { runOperator } from '../../../../operator/src/operator.ts';
import type { KubeAccess } from '../../../support/kube-access.ts';
import { SlowRemovals } from './slow-removals.ts';

export const SYSTEM = 'sandfleet-system';

interface Role extends KubeObject {
  readonly rules?: readonly unknown[];
}

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const clusterRoles = defineResource<Role>({ ...rbac, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false });
const clusterRoleBindings = defineResource<KubeObject>({
  ...rbac,
  plural: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  namespaced: false,
});
const roleBindings = defineResource<KubeObject>({ ...rbac, plural: 'rolebindings', kind: 'RoleBinding', namespaced: true });

const ALL = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

/** What the chart lets the operator do where sandboxes are, and nothing more: each test then shows that it is enough. */
const WATCHED_RULES = [
  { apiGroups: ['sandfleet.dev'], resources: ['sandboxes'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['sandfleet.dev'], resources: ['sandboxes/status'], verbs: ['patch'] },
  { apiGroups: ['sandfleet.dev'], resources: ['sandboxes/finalizers'], verbs: ['update'] },
  { apiGroups: [''], resources: ['pods', 'services', 'persistentvolumeclaims'], verbs: ALL },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ALL },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];
const NODE_RULES = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] }];
const OWN_RULES = [
  { apiGroups: [''], resources: ['configmaps'], resourceNames: ['sandfleet-public-keys'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: ['sandfleet-operator'],
    verbs: ['get', 'watch', 'update'],
  },
];

const TEST = { fieldManager: 'test', force: true } as const;

export interface Rights {
  /** The release's namespace. */
  readonly system: string;
  /** The one namespace to serve; all, and the nodes, when left out. */
  readonly watched?: string;
}

/** Gives a user the operator's rights, as the chart binds them to its service account. */
export async function grant(client: KubeClient, user: string, { system, watched }: Rights): Promise<void> {
  const role = async (name: string, rules: readonly unknown[]) => {
    await client.apply(
      clusterRoles,
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules },
      TEST,
    );
  };
  const bind = async (name: string, namespace: string | undefined) => {
    const roleRef = { apiGroup: rbac.group, kind: 'ClusterRole', name };
    const subjects = [{ apiGroup: rbac.group, kind: 'User', name: user }];
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { name: `${name}-${user}`, ...(namespace === undefined ? {} : { namespace }) };
    if (namespace === undefined)
      await client.apply(clusterRoleBindings, { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects }, TEST);
    else await client.apply(roleBindings, { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects }, TEST);
  };
  await Promise.all([role('test-watched', WATCHED_RULES), role('test-nodes', NODE_RULES), role('test-own', OWN_RULES)]);
  await bind('test-own', system);
  await bind('test-watched', watched);
  if (watched === undefined) await bind('test-nodes', undefined);
}

export interface RunningOperator {
  readonly registry: Registry;
  /** Settles when it has ended, by itself or by `stop`. */
  readonly ended: Promise<void>;
  /** Ends it as SIGTERM does, and waits until it is wound down. */
  stop(): Promise<void>;
}

/** The whole operator, as its command runs it, in this process. */
export function startOperator(
  access: KubeAccess,
  user: string,
  environment: Readonly<Record<string, string>> = {},
  options: { readonly slowRemovals?: boolean; readonly client?: KubeClient } = {},
): RunningOperator {
  const config = loadConfig(OperatorConfig, {
    SANDFLEET_NAMESPACE: SYSTEM,
    SANDFLEET_RUNTIME_IMAGE: 'sandfleet/runtime:test',
    SANDFLEET_GATEWAY_URL: 'http://gateway.test:30080',
    ADMIN_PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'fatal',
    ...environment,
  });
  const client = options.client ?? (options.slowRemovals === true ? slowClient(access, user) : access.as({ name: user }));
  const registry = createMetrics('operator', 'test');
  const metrics = createKubeMetrics(registry);
  const log = createLogger({ name: user, level: config.LOG_LEVEL });
  const stopping = new AbortController();
  const running = runOperator({ client, config, log, registry, metrics }, stopping.signal);
  // Told by `stop`; until then it must not count as an unhandled rejection.
  running.catch(() => undefined);
  return {
    registry,
    ended: running,
    async stop() {
      stopping.abort(new Error('stopped by the test'));
      await running;
    },
  };
}

function slowClient({ access }: KubeAccess, user: string): KubeClient {
  const headers = { ...access.headers, 'impersonate-user': user, 'impersonate-group': 'system:authenticated' };
  return new SlowRemovals({ access: fixedAccess({ ...access, headers }), userAgent: 'sandfleet-test' });
}

/** Sum of a counter's series in the process of the operator. */
export async function total(registry: Registry, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const { values = [] } = (await registry.getSingleMetric(name)?.get()) ?? {};
  return values
    .filter((each) => Object.entries(labels).every(([label, value]) => (each.labels as Record<string, unknown>)[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
