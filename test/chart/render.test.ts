import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { load } from 'js-yaml';
import { beforeAll, describe, expect, it } from 'vitest';

import { CHART, lint, manifests, RELEASE, RELEASE_NAMESPACE, ROOT, template } from './support/helm.ts';
import {
  containerOf,
  deploymentSpec,
  environment,
  named,
  nameOf,
  ofKind,
  podsOf,
  serviceSpec,
  type Manifest,
} from './support/manifest.ts';
import { valueSetNames, valueSets } from './support/value-sets.ts';

const COMPONENTS = ['operator', 'api', 'gateway'];
const CLUSTER_SCOPED = new Set(['ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition']);

describe.for(valueSetNames)('the chart with %s', (name) => {
  let objects: readonly Manifest[];
  beforeAll(async () => {
    objects = await manifests(valueSets[name]);
  });

  it('passes helm lint --strict', async () => {
    const { code, stdout, stderr } = await lint(valueSets[name]);
    expect({ code, output: stdout + stderr }).toMatchObject({ code: 0 });
  });

  it('renders the same text each time', async () => {
    const [first, second] = await Promise.all([template(valueSets[name]), template(valueSets[name])]);
    expect(first.stdout).not.toBe('');
    expect(second.stdout).toBe(first.stdout);
  });

  it('renders no object twice', () => {
    const names = objects.map(nameOf);
    expect(names).toEqual([...new Set(names)]);
  });

  it('says the namespace of every object that has one', () => {
    const without = objects.filter(({ kind, metadata }) => !CLUSTER_SCOPED.has(kind) && metadata.namespace === undefined);
    expect(without.map(nameOf)).toEqual([]);
  });

  it('labels every object', () => {
    const expected = {
      'app.kubernetes.io/name': 'sandfleet',
      'app.kubernetes.io/instance': RELEASE,
      'app.kubernetes.io/managed-by': 'Helm',
    };
    const labels = Object.fromEntries(objects.map((object) => [nameOf(object), object.metadata.labels]));
    expect(labels).toMatchObject(Object.fromEntries(objects.map((object) => [nameOf(object), expected])));
  });

  it('has the three Deployments, whose selectors and Services find the pods of one component alone', () => {
    const pods = [...podsOf(objects).values()];
    const componentsOf = (selector: Record<string, string>) =>
      pods
        .filter(({ metadata }) => Object.entries(selector).every(([key, value]) => metadata.labels[key] === value))
        .map(({ metadata }) => metadata.labels['app.kubernetes.io/component']);
    const own = ({ metadata }: Manifest) => [metadata.labels?.['app.kubernetes.io/component']];
    const deployments = ofKind(objects, 'Deployment');
    expect(new Set(deployments.flatMap(own))).toEqual(new Set(COMPONENTS));
    expect(deployments.map((deployment) => componentsOf(deploymentSpec(deployment).selector.matchLabels))).toEqual(
      deployments.map(own),
    );
    const services = ofKind(objects, 'Service');
    expect(services.map((service) => componentsOf(serviceSpec(service).selector))).toEqual(services.map(own));
  });

  it('has a port in the pods for each port of a Service', () => {
    const missing = ofKind(objects, 'Service').flatMap((service) => {
      const container = containerOf(objects, service.metadata.labels?.['app.kubernetes.io/component'] ?? '');
      const known = container.ports?.map((port) => port.name) ?? [];
      return serviceSpec(service).ports.filter(({ targetPort }) => !known.includes(targetPort));
    });
    expect(missing).toEqual([]);
  });

  it('gives the api and the gateway what they must agree on, and all three the same addresses', () => {
    const [operator, api, gateway] = COMPONENTS.map((component) => environment(containerOf(objects, component)));
    const pick = (env: Readonly<Record<string, string>> | undefined, names: readonly string[]) =>
      Object.fromEntries(names.map((key) => [key, env?.[key]]));
    const shared = ['SANDFLEET_NAMESPACE', 'SANDFLEET_WATCH_NAMESPACE', 'SANDFLEET_GATEWAY_DOMAIN'];
    const tokens = ['SANDFLEET_ISSUER', 'SANDFLEET_KEYS_SECRET', 'SANDFLEET_TOKEN_MAX_TTL_SECONDS'];
    expect(pick(api, shared)).toEqual(pick(operator, shared));
    expect(pick(gateway, [...shared, ...tokens])).toEqual(pick(api, [...shared, ...tokens]));
    expect(api?.['SANDFLEET_GATEWAY_URL']).toBe(operator?.['SANDFLEET_GATEWAY_URL']);
    expect(api?.['SANDFLEET_PUBLIC_KEYS_CONFIGMAP']).toBe(operator?.['SANDFLEET_PUBLIC_KEYS_CONFIGMAP']);
    expect(Object.values(pick(gateway, tokens))).not.toContain(undefined);
  });
});

describe('names', () => {
  it.for([
    ['sandfleet', {}, 'sandfleet-api'],
    ['prod', {}, 'prod-sandfleet-api'],
    ['prod', { nameOverride: 'boxes' }, 'prod-boxes-api'],
    ['prod', { fullnameOverride: 'boxes' }, 'boxes-api'],
    ['r'.repeat(53), { metrics: { service: { enabled: true } } }, `${'r'.repeat(46)}-api`],
  ] as const)('of release %s with %o begin alike and fit', async ([release, values, expected]) => {
    const objects = await manifests(values, { release });
    named(objects, 'Deployment', expected);
    expect(objects.filter(({ kind, metadata }) => kind !== 'CustomResourceDefinition' && metadata.name.length > 63)).toEqual([]);
  });
});

describe('images', () => {
  it.for([
    [{}, 'sandfleet/operator:0.1.0', 'sandfleet/runtime:0.1.0'],
    [
      { image: { registry: 'localhost', tag: 'dev' }, runtime: { image: { registry: 'localhost', tag: 'dev' } } },
      'localhost/sandfleet/operator:dev',
      'localhost/sandfleet/runtime:dev',
    ],
    [
      { image: { tag: 'dev', digest: `sha256:${'b'.repeat(64)}` }, runtime: { image: { digest: `sha256:${'c'.repeat(64)}` } } },
      `sandfleet/operator@sha256:${'b'.repeat(64)}`,
      `sandfleet/runtime@sha256:${'c'.repeat(64)}`,
    ],
  ] as const)('of %o are %s and %s', async ([values, operator, runtime]) => {
    const objects = await manifests(values);
    expect([...podsOf(objects).values()].map(({ spec }) => spec.containers[0]?.image)).toEqual([
      operator,
      operator,
      operator,
      operator,
    ]);
    expect(environment(containerOf(objects, 'operator'))['SANDFLEET_RUNTIME_IMAGE']).toBe(runtime);
  });
});

describe('the gateway address', () => {
  const inside = `http://sandfleet-gateway.${RELEASE_NAMESPACE}.svc`;
  it.for([
    [{}, `${inside}:8080`, '', ''],
    [{ service: { port: 80 } }, `${inside}:80`, '', ''],
    [{ url: 'http://192.0.2.10:30080' }, 'http://192.0.2.10:30080', 'http://192.0.2.10:30080', ''],
    [{ domain: 'sbx.example.com' }, '', '', 'sbx.example.com'],
    [{ url: 'http://x:8443', domain: 'sbx.example.com' }, 'http://x:8443', 'http://x:8443', 'sbx.example.com'],
  ] as const)(
    'of %o is %s for those who name sandboxes, %s for the gateway, and domain %s',
    async ([gateway, named, own, domain]) => {
      const objects = await manifests({ gateway });
      const addresses = COMPONENTS.map((component) => {
        const env = environment(containerOf(objects, component));
        return [env['SANDFLEET_GATEWAY_URL'], env['SANDFLEET_GATEWAY_DOMAIN']];
      });
      expect(addresses).toEqual([
        [named, domain],
        [named, domain],
        [own, domain],
      ]);
    },
  );
});

describe('the kinds', () => {
  it('are rendered as they are generated, one object for each file', async () => {
    const source = join(ROOT, 'crds');
    const files = (await readdir(source)).filter((file) => file.endsWith('.yaml'));
    const generated = await Promise.all(files.map(async (file) => load(await readFile(join(source, file), 'utf8')) as Manifest));
    const rendered = ofKind(await manifests(), 'CustomResourceDefinition');
    expect(new Set(rendered.map(nameOf))).toEqual(new Set(generated.map(nameOf)));
    for (const crd of generated) expect(named(rendered, crd.kind, crd.metadata.name).spec).toEqual(crd.spec);
  });

  it('do not lie in the folder that helm never upgrades', async () => {
    expect(await readdir(CHART)).not.toContain('crds');
  });

  it.for([
    [true, { 'helm.sh/resource-policy': 'keep' }],
    [false, undefined],
  ] as const)('with crds.keep=%s have the annotations %o', async ([keep, annotations]) => {
    const crds = ofKind(await manifests({ crds: { keep } }), 'CustomResourceDefinition');
    expect(crds.map(({ metadata }) => metadata.annotations)).toEqual(crds.map(() => annotations));
  });

  it('are left out with crds.install=false', async () => {
    expect(ofKind(await manifests({ crds: { install: false } }), 'CustomResourceDefinition')).toEqual([]);
  });
});

describe('helm test', () => {
  it('is one pod, kept for its logs, that runs the scripts of the chart as the account of the api', async () => {
    const objects = await manifests();
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined);
    expect(hooks.map((hook) => [nameOf(hook), hook.metadata.annotations])).toEqual([
      [
        `Pod ${RELEASE_NAMESPACE}/sandfleet-test`,
        { 'helm.sh/hook': 'test', 'helm.sh/hook-delete-policy': 'before-hook-creation' },
      ],
    ]);
    const pod = podsOf(objects).get(`Pod ${RELEASE_NAMESPACE}/sandfleet-test`);
    expect(pod?.spec.serviceAccountName).toBe('sandfleet-api');
    const scripts = named(objects, 'ConfigMap', 'sandfleet-test').data ?? {};
    const files = await readdir(join(CHART, 'files/test'));
    for (const file of files) expect(scripts[file]).toBe(await readFile(join(CHART, 'files/test', file), 'utf8'));
    expect(new Set(Object.keys(scripts))).toEqual(new Set(files));
  });
});
