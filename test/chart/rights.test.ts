import { namespaces, subjectAccessReviews } from '@sandfleet/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sharedApiserver } from '../support/shared-apiserver.ts';
import { render } from './support/helm.ts';
import { kubectl } from './support/kubectl.ts';

const cluster = sharedApiserver();
const admin = cluster.admin();
const OWN = 'rights-own';
const WATCHED = 'rights-watched';
const OTHER = 'rights-other';

/** `verb resource[.group][/subresource] [name]`, as a person would ask for it. */
type Right = string;

async function isAllowed(account: string, namespace: string | undefined, right: Right): Promise<boolean> {
  const [verb = '', target = '', name] = right.split(' ');
  const [path = '', subresource] = target.split('/');
  const [resource = '', ...group] = path.split('.');
  const review = await admin.create(subjectAccessReviews, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec: {
      user: `system:serviceaccount:${OWN}:${account}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${OWN}`, 'system:authenticated'],
      resourceAttributes: {
        verb,
        resource,
        group: group.join('.'),
        ...(namespace === undefined ? {} : { namespace }),
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined ? {} : { name }),
      },
    },
  });
  return review.status?.allowed ?? false;
}

async function refused(account: string, namespace: string | undefined, rights: readonly Right[]): Promise<readonly Right[]> {
  const answers = await Promise.all(rights.map((right) => isAllowed(account, namespace, right)));
  return rights.filter((_, index) => !answers[index]);
}

const many = (verbs: string, resource: string): readonly Right[] => verbs.split(',').map((verb) => `${verb} ${resource}`);
const KEYS = 'secrets sandfleet-keys';
const PUBLIC = 'configmaps sandfleet-public-keys';
const LEASE = 'leases.coordination.k8s.io sandfleet-operator';
const WRITES = 'create,update,patch,delete,deletecollection';
const ALL = `get,list,watch,${WRITES}`;

/** What each account may do where sandboxes are, and in the release's own namespace; the rest it may not. */
const rights: Readonly<Record<string, { readonly watched: readonly Right[]; readonly own: readonly Right[] }>> = {
  operator: {
    watched: [
      ...many('get,list,watch', 'sandboxes.sandfleet.dev'),
      ...many('patch', 'sandboxes.sandfleet.dev/status'),
      ...many('update', 'sandboxes.sandfleet.dev/finalizers'),
      ...['pods', 'services', 'persistentvolumeclaims', 'networkpolicies.networking.k8s.io'].flatMap((resource) =>
        many('get,list,watch,create,patch,delete', resource),
      ),
      ...many('create,patch', 'events.events.k8s.io'),
    ],
    own: [...many('get,list,watch', PUBLIC), ...many('get,watch,update', LEASE), 'create leases.coordination.k8s.io'],
  },
  api: {
    watched: many('get,list,watch,create,delete', 'sandboxes.sandfleet.dev'),
    own: [
      ...many('get,list,watch,create,delete', 'secrets'),
      ...many('get,list,watch,create,delete', KEYS),
      ...many('get,list,watch,patch', PUBLIC),
      'create configmaps',
    ],
  },
  gateway: {
    watched: [...many('get,list,watch', 'sandboxes.sandfleet.dev'), ...many('get,list,watch', 'pods')],
    own: [
      ...many('get,list,watch', KEYS),
      ...many('list,create,delete', 'leases.coordination.k8s.io'),
      ...many('list,create,delete', LEASE),
    ],
  },
};

/** Every right that the tables could name, and those that nobody must have. */
const universe: readonly Right[] = [
  ...[
    'sandboxes.sandfleet.dev',
    'sandboxes.sandfleet.dev/status',
    'sandboxes.sandfleet.dev/finalizers',
    'pods',
    'pods/exec',
    'pods/log',
    'pods/portforward',
    'pods/ephemeralcontainers',
    'pods/eviction',
    'services',
    'persistentvolumeclaims',
    'networkpolicies.networking.k8s.io',
    'events.events.k8s.io',
    'secrets',
    KEYS,
    'configmaps',
    PUBLIC,
    'leases.coordination.k8s.io',
    LEASE,
    'serviceaccounts',
    'serviceaccounts/token',
    'deployments.apps',
    'roles.rbac.authorization.k8s.io',
    'rolebindings.rbac.authorization.k8s.io',
  ].flatMap((resource) => many(ALL, resource)),
  'bind roles.rbac.authorization.k8s.io',
  'escalate roles.rbac.authorization.k8s.io',
  'impersonate serviceaccounts',
];

/** A right without a name covers every name. */
function expected(granted: readonly Right[]): ReadonlySet<Right> {
  const all = new Set(granted);
  return new Set(universe.filter((right) => all.has(right) || all.has(right.split(' ').slice(0, 2).join(' '))));
}

async function install(values: Readonly<Record<string, unknown>>): Promise<void> {
  const kinds = new Set(['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);
  const objects = (await render(values, { namespace: OWN })).filter(({ manifest }) => kinds.has(manifest.kind));
  const { code, stderr } = await kubectl(
    cluster.info.kubeconfig,
    ['apply', '--filename=-'],
    objects.map(({ text }) => text).join('\n---\n'),
  );
  if (code !== 0) throw new Error(stderr);
}

const remove = (...what: string[]) =>
  kubectl(cluster.info.kubeconfig, ['delete', '--ignore-not-found', '--selector=app.kubernetes.io/instance=sandfleet', ...what]);

async function removeAll(): Promise<void> {
  await remove('clusterroles,clusterrolebindings');
  for (const namespace of [OWN, WATCHED]) await remove('roles,rolebindings', `--namespace=${namespace}`);
}

beforeAll(async () => {
  for (const name of [OWN, WATCHED, OTHER])
    await admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
});

afterAll(async () => {
  await removeAll();
  for (const name of [OWN, WATCHED, OTHER]) await admin.delete(namespaces, { name });
  await cluster.close();
});

describe.for([
  { title: 'all namespaces', watchNamespace: '', served: [WATCHED, OTHER] },
  { title: 'one namespace', watchNamespace: WATCHED, served: [WATCHED] },
])('with $title the API server allows', ({ watchNamespace, served }) => {
  beforeAll(async () => {
    await removeAll();
    await install({ watchNamespace });
  });

  describe.for(Object.entries(rights))('the %s', ([component, { watched, own }]) => {
    const account = `sandfleet-${component}`;
    const places = [
      { where: WATCHED, granted: watched },
      { where: OTHER, granted: served.includes(OTHER) ? watched : [] },
      { where: OWN, granted: watchNamespace === '' ? [...watched, ...own] : own },
    ];

    it.for(places)('exactly its rights in $where', async ({ where, granted }) => {
      const denied = new Set(await refused(account, where, universe));
      const allowed = new Set(universe.filter((right) => !denied.has(right)));
      expect(allowed).toEqual(expected(granted));
    });

    it('nothing of the whole cluster but what all namespaces need', async () => {
      const nodes = many('get,list,watch', 'nodes');
      const clusterWide = [
        ...nodes,
        ...many(WRITES, 'nodes'),
        ...many('list', 'secrets'),
        ...many('list', 'namespaces'),
        ...many(WRITES, 'customresourcedefinitions.apiextensions.k8s.io'),
      ];
      const denied = new Set(await refused(account, undefined, clusterWide));
      const allowed = clusterWide.filter((right) => !denied.has(right));
      expect(allowed).toEqual(component === 'operator' && watchNamespace === '' ? nodes : []);
      const lists = await refused(account, undefined, ['list sandboxes.sandfleet.dev']);
      expect(lists).toHaveLength(watchNamespace === '' ? 0 : 1);
    });
  });
});
