import { beforeAll, describe, expect, it } from 'vitest';

import { manifests, RELEASE_NAMESPACE } from './support/helm.ts';
import { named, nameOf, ofKind, podsOf, type Manifest, type Rule } from './support/manifest.ts';
import { valueSetNames, valueSets } from './support/value-sets.ts';

const VERBS = new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']);
const ROLES = new Set(['Role', 'ClusterRole']);
const GAINING = /[*]|exec|attach|portforward|proxy|serviceaccounts|roles|ephemeral/;

const rolesOf = (objects: readonly Manifest[]) => objects.filter(({ kind }) => ROLES.has(kind));
const rulesOf = (objects: readonly Manifest[]): readonly (Rule & { readonly role: Manifest })[] =>
  rolesOf(objects).flatMap((role) => (role.rules ?? []).map((rule) => ({ ...rule, role })));

/** One right a line: what a reader of a role would sum up. */
const rightsOf = (role: Manifest): readonly string[] =>
  (role.rules ?? []).flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
    apiGroups.flatMap((group) =>
      resources.map((resource) =>
        [`${resource}${group === '' ? '' : `.${group}`}`, ...(resourceNames ?? []), verbs.join(',')].join(' '),
      ),
    ),
  );

describe.for(valueSetNames)('the rights given with %s', (name) => {
  let objects: readonly Manifest[];
  beforeAll(async () => {
    objects = await manifests(valueSets[name]);
  });

  it('name each group, resource and verb, and no way to gain more', () => {
    const bad = rulesOf(objects).filter(
      ({ apiGroups, resources, verbs }) =>
        [...apiGroups, ...resources].some((text) => GAINING.test(text)) || verbs.some((verb) => !VERBS.has(verb)),
    );
    expect(bad).toEqual([]);
  });

  it("reach Secrets and ConfigMaps in the release's namespace alone", () => {
    const places = rulesOf(objects)
      .filter(({ resources }) => resources.includes('secrets') || resources.includes('configmaps'))
      .map(({ role }) => role.metadata.namespace);
    expect(new Set(places)).toEqual(new Set(places.length === 0 ? [] : [RELEASE_NAMESPACE]));
  });

  it('are bound to accounts of the release alone, which exist and which the pods use', () => {
    const bindings = objects.filter(({ kind }) => kind.endsWith('Binding'));
    expect(bindings).toHaveLength(rolesOf(objects).length);
    const accounts = ofKind(objects, 'ServiceAccount').map(({ metadata }) => metadata.name);
    for (const binding of bindings) {
      const role = named(objects, binding.roleRef?.kind ?? '', binding.roleRef?.name ?? '');
      expect(role.metadata.namespace).toBe(binding.metadata.namespace);
      expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: expect.any(String), namespace: RELEASE_NAMESPACE }]);
      expect(accounts).toContain(binding.subjects?.[0]?.name);
    }
    const used = new Set([...podsOf(objects).values()].map(({ spec }) => spec.serviceAccountName));
    expect(used.size).toBe(3);
    for (const account of accounts) expect(used).toContain(account);
  });
});

describe('the rights over all namespaces', () => {
  it('are exactly these', async () => {
    const objects = await manifests();
    expect(Object.fromEntries(rolesOf(objects).map((role) => [nameOf(role), rightsOf(role)]))).toEqual({
      'ClusterRole sandfleet-operator': [
        'sandboxes.sandfleet.dev get,list,watch',
        'sandboxes/status.sandfleet.dev patch',
        'sandboxes/finalizers.sandfleet.dev update',
        'pods get,list,watch,create,patch,delete',
        'services get,list,watch,create,patch,delete',
        'persistentvolumeclaims get,list,watch,create,patch,delete',
        'networkpolicies.networking.k8s.io get,list,watch,create,patch,delete',
        'events.events.k8s.io create,patch',
        'nodes get,list,watch',
      ],
      'Role sandfleet-system/sandfleet-operator-own': [
        'configmaps sandfleet-public-keys get,list,watch',
        'leases.coordination.k8s.io create',
        'leases.coordination.k8s.io sandfleet-operator get,watch,update',
      ],
      'ClusterRole sandfleet-api': ['sandboxes.sandfleet.dev get,list,watch,create,delete'],
      'Role sandfleet-system/sandfleet-api-own': [
        'secrets get,list,watch,create,delete',
        'configmaps create',
        'configmaps sandfleet-public-keys get,list,watch,patch',
      ],
      'ClusterRole sandfleet-gateway': ['sandboxes.sandfleet.dev get,list,watch', 'pods get,list,watch'],
      'Role sandfleet-system/sandfleet-gateway-own': [
        'secrets sandfleet-keys get,list,watch',
        'leases.coordination.k8s.io list,create,delete',
      ],
    });
  });

  it('leave the Lease alone without leader election', async () => {
    const role = named(await manifests({ operator: { leaderElection: false } }), 'Role', 'sandfleet-operator-own');
    expect(rightsOf(role).filter((right) => right.startsWith('leases'))).toEqual([]);
  });
});

describe.for(['team-a', RELEASE_NAMESPACE])('the rights over namespace %s', (watchNamespace) => {
  it('are those over all namespaces, without nodes and without any cluster-wide right', async () => {
    const [everywhere, here] = await Promise.all([manifests(), manifests({ watchNamespace })]);
    expect(here.filter(({ kind }) => kind.startsWith('ClusterRole')).map(nameOf)).toEqual([]);
    for (const component of ['operator', 'api', 'gateway']) {
      const wide = rightsOf(named(everywhere, 'ClusterRole', `sandfleet-${component}`));
      const role = named(here, 'Role', `sandfleet-${component}`);
      expect(role.metadata.namespace).toBe(watchNamespace);
      expect(rightsOf(role)).toEqual(wide.filter((right) => !right.startsWith('nodes')));
    }
  });
});
