import { readFileSync } from 'node:fs';

import type { Sandbox } from '@sandfleet/crds';
import { KubeError, type KubeClient } from '@sandfleet/kube';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sandboxes } from '../../../operator/src/kinds.ts';
import type { KubeAccess } from '../../support/kube-access.ts';
import { sharedApiserver } from '../../support/shared-apiserver.ts';
import { rawRequest } from './support/raw-request.ts';

let access: KubeAccess;
let client: KubeClient;
let namespace: string;

beforeAll(async () => {
  access = sharedApiserver();
  client = access.admin();
  namespace = await access.createNamespace('crd');
});
afterAll(async () => {
  await client.deleteCollection(sandboxes, { namespace });
  await access.close();
});

const object = (name: string, spec: unknown): Sandbox =>
  ({
    apiVersion: 'sandfleet.dev/v1alpha1',
    kind: 'Sandbox',
    metadata: { name, namespace },
    ...(spec === undefined ? {} : { spec }),
  }) as Sandbox;

const create = (name: string, spec: unknown, dryRun = true) => client.create(sandboxes, object(name, spec), { dryRun });

/** The fields that the API server names, and what it says. */
async function refusal(attempt: Promise<unknown>): Promise<{ readonly fields: readonly string[]; readonly message: string }> {
  const error: unknown = await attempt.then(
    () => new Error('the API server accepted it'),
    (failure: unknown) => failure,
  );
  if (!(error instanceof KubeError)) throw error;
  expect(error.status).toBe(422);
  return { fields: (error.details?.causes ?? []).flatMap(({ field }) => field ?? []), message: error.message };
}

const NOT_YET = 'is not supported by this version yet';
const egress = (value: unknown) => ({ network: { egress: value } });

describe('the API server refuses', () => {
  const bad: readonly (readonly [string, unknown, string, string])[] = [
    ['templateRef', { templateRef: { name: 'x' } }, 'spec.templateRef', `spec.templateRef ${NOT_YET}`],
    ['template', { template: { image: 'x' } }, 'spec.template', `spec.template ${NOT_YET}`],
    [
      'lifetime',
      { lifetime: { ttlSeconds: 60 } },
      'spec.lifetime',
      `spec.lifetime ${NOT_YET}; remove it and delete the sandbox when done`,
    ],
    ['an empty lifetime', { lifetime: {} }, 'spec.lifetime', `spec.lifetime ${NOT_YET}`],
    ['ports', { ports: [{ port: 3000 }] }, 'spec.ports', `spec.ports ${NOT_YET}`],
    ['suspension', { operatingMode: 'Suspended' }, 'spec.operatingMode', `spec.operatingMode Suspended ${NOT_YET}`],
    [
      'domains',
      egress({ mode: 'Restricted', cidrs: ['192.0.2.0/24'], domains: ['example.com'] }),
      'spec.network.egress.domains',
      `spec.network.egress.domains ${NOT_YET}`,
    ],
    [
      'failurePolicy Never',
      { failurePolicy: { mode: 'Never' } },
      'spec.failurePolicy.mode',
      `spec.failurePolicy.mode Never ${NOT_YET}`,
    ],
    [
      'a back-off',
      { failurePolicy: { backoffSeconds: 5 } },
      'spec.failurePolicy.backoffSeconds',
      `spec.failurePolicy.backoffSeconds ${NOT_YET}`,
    ],
    [
      'a longest back-off',
      { failurePolicy: { maxBackoffSeconds: 5 } },
      'spec.failurePolicy.maxBackoffSeconds',
      `spec.failurePolicy.maxBackoffSeconds ${NOT_YET}`,
    ],
    [
      'a cap of recreations',
      { failurePolicy: { maxRecreations: 5 } },
      'spec.failurePolicy.maxRecreations',
      `spec.failurePolicy.maxRecreations ${NOT_YET}`,
    ],

    ['an image with a space', { image: 'a b' }, 'spec.image', 'spec.image must be an image reference'],
    ['an image with a newline', { image: 'a\nb' }, 'spec.image', 'spec.image must be an image reference'],
    ['an image that looks like a flag', { image: '--privileged' }, 'spec.image', 'spec.image must be an image reference'],
    ['an empty image', { image: '' }, 'spec.image', 'spec.image'],
    ['an image name without end', { image: 'a'.repeat(513) }, 'spec.image', 'spec.image'],
    [
      'a class that is no name',
      { runtimeClassName: 'Kata Containers' },
      'spec.runtimeClassName',
      'spec.runtimeClassName must be the name of a RuntimeClass',
    ],
    [
      'a priority that is no name',
      { priorityClassName: '../x' },
      'spec.priorityClassName',
      'spec.priorityClassName must be the name of a PriorityClass',
    ],
    [
      "the cluster's own priority",
      { priorityClassName: 'system-node-critical' },
      'spec.priorityClassName',
      'spec.priorityClassName must not be one of the system- classes',
    ],

    [
      'a quantity that is none',
      { resources: { limits: { memory: 'lots' } } },
      'spec.resources.limits[memory]',
      'positive Kubernetes quantity',
    ],
    [
      'a negative quantity',
      { resources: { requests: { cpu: '-1' } } },
      'spec.resources.requests[cpu]',
      'positive Kubernetes quantity',
    ],
    ['a negative number', { resources: { limits: { cpu: -1 } } }, 'spec.resources.limits[cpu]', 'positive Kubernetes quantity'],
    [
      'zero',
      { resources: { limits: { 'ephemeral-storage': 0 } } },
      'spec.resources.limits[ephemeral-storage]',
      'positive Kubernetes quantity',
    ],
    ['a broken number', { resources: { limits: { cpu: 0.5 } } }, 'spec.resources.limits.cpu', 'integer,string'],
    [
      'requests above limits of cpu',
      { resources: { requests: { cpu: 2 }, limits: { cpu: '1999m' } } },
      'spec.resources.requests[cpu]',
      'spec.resources.requests.cpu must not exceed spec.resources.limits.cpu',
    ],
    [
      'requests above limits of memory',
      { resources: { requests: { memory: '1Gi' }, limits: { memory: '1G' } } },
      'spec.resources.requests[memory]',
      'spec.resources.requests.memory must not exceed',
    ],
    [
      'requests above limits of storage',
      { resources: { requests: { 'ephemeral-storage': '2Gi' }, limits: { 'ephemeral-storage': '1Gi' } } },
      'spec.resources.requests[ephemeral-storage]',
      'spec.resources.requests.ephemeral-storage must not exceed',
    ],
    [
      'an unknown request',
      { resources: { requests: { 'nvidia.com/gpu': 1 } } },
      'spec.resources.requests',
      'spec.resources.requests knows cpu, memory and ephemeral-storage only',
    ],
    [
      'an unknown limit',
      { resources: { limits: { hugepages: '1Gi' } } },
      'spec.resources.limits',
      'spec.resources.limits knows cpu, memory and ephemeral-storage only',
    ],

    ['the key of the runtime', { env: [{ name: 'JWT_PUBLIC_KEY', value: 'x' }] }, 'spec.env[0].name', 'spec.env is reserved'],
    ...[
      'PUBLIC_PORT',
      'WORKSPACE',
      'HOME',
      'NODE_OPTIONS',
      'SANDFLEET_TOKEN_AUDIENCE',
      'KUBERNETES_SERVICE_HOST',
      'LD_PRELOAD',
      'LD_LIBRARY_PATH',
    ].map(
      (name) =>
        [`the variable ${name}`, { env: [{ name: 'OK' }, { name }] }, 'spec.env[1].name', 'spec.env is reserved'] as const,
    ),
    ...['A=B', 'A\nB', 'A B', '1A', 'A-B', 'Ä', '$(X)', 'A\u0000'].map(
      (name) =>
        [`the name ${JSON.stringify(name)}`, { env: [{ name }] }, 'spec.env[0].name', 'spec.env must be a C identifier'] as const,
    ),
    ['an empty name', { env: [{ name: '' }] }, 'spec.env[0].name', 'spec.env[0].name'],
    ['a NUL in a value', { env: [{ name: 'A', value: 'x\u0000y' }] }, 'spec.env[0].value', 'spec.env cannot hold a NUL'],
    ['a value of more than 32 KiB', { env: [{ name: 'A', value: 'x'.repeat(32_769) }] }, 'spec.env[0].value', 'Too long'],
    [
      '101 variables',
      { env: Array.from({ length: 101 }, (_, index) => ({ name: `A${index}` })) },
      'spec.env',
      'must have at most 100 items',
    ],
    [
      'more than 512 KiB of values',
      { env: Array.from({ length: 17 }, (_, index) => ({ name: `A${index}`, value: 'x'.repeat(32_768) })) },
      'spec.env',
      'spec.env must hold at most 512 KiB together',
    ],
    ['a variable twice', { env: [{ name: 'A' }, { name: 'A' }] }, 'spec.env[1]', 'Duplicate value'],

    [
      'a workspace of no size',
      { workspace: { size: '0' } },
      'spec.workspace.size',
      'spec.workspace.size must be a positive Kubernetes quantity',
    ],
    [
      'a workspace of a size that is none',
      { workspace: { size: 'big' } },
      'spec.workspace.size',
      'spec.workspace.size must be a positive Kubernetes quantity',
    ],
    [
      'a storage class that is no name',
      { workspace: { storageClassName: 'Fast Disk' } },
      'spec.workspace.storageClassName',
      'spec.workspace.storageClassName must be the name of a StorageClass',
    ],
    [
      'a retention that does not exist',
      { workspace: { retention: 'Keep' } },
      'spec.workspace.retention',
      'spec.workspace.retention: Unsupported value: "Keep"',
    ],

    [
      'a mode that does not exist',
      egress({ mode: 'Free' }),
      'spec.network.egress.mode',
      'spec.network.egress.mode: Unsupported value: "Free"',
    ],
    [
      'Restricted without ranges',
      egress({ mode: 'Restricted' }),
      'spec.network.egress.cidrs',
      'spec.network.egress.cidrs must list at least one range',
    ],
    [
      'Restricted to an empty list',
      egress({ mode: 'Restricted', cidrs: [] }),
      'spec.network.egress.cidrs',
      'spec.network.egress.cidrs must list at least one range',
    ],
    [
      'ranges in another mode',
      egress({ mode: 'Internet', cidrs: ['192.0.2.0/24'] }),
      'spec.network.egress.cidrs',
      'spec.network.egress.cidrs has a meaning in mode Restricted only',
    ],
    ...['10.0.0.0/99', '10.0.0.0', 'example.com', '010.0.0.0/8', '::ffff:10.0.0.0/104', '10.0.0.0/8 '].map(
      (cidr) =>
        [
          `the range "${cidr}"`,
          egress({ mode: 'Restricted', cidrs: [cidr] }),
          'spec.network.egress.cidrs[0]',
          'spec.network.egress.cidrs must be a range in CIDR notation',
        ] as const,
    ),
    [
      'a range with bits behind its prefix',
      egress({ mode: 'Restricted', cidrs: ['10.1.2.3/8'] }),
      'spec.network.egress.cidrs[0]',
      'spec.network.egress.cidrs has bits set behind its prefix length',
    ],
    ...[
      '127.0.0.0/8',
      '127.0.0.1/32',
      '169.254.169.254/32',
      '169.254.0.0/16',
      '0.0.0.0/8',
      '224.0.0.0/4',
      '168.63.129.16/32',
      '::1/128',
      'fe80::/10',
      'fd00:ec2::254/128',
      '64:ff9b::/96',
      'ff02::/16',
    ].map(
      (cidr) =>
        [
          `the range ${cidr}`,
          egress({ mode: 'Restricted', cidrs: ['192.0.2.0/24', cidr] }),
          'spec.network.egress.cidrs[1]',
          'spec.network.egress.cidrs lies in a range that a sandbox never reaches',
        ] as const,
    ),
    [
      '65 ranges',
      egress({ mode: 'Restricted', cidrs: Array.from({ length: 65 }, (_, index) => `10.${index}.0.0/16`) }),
      'spec.network.egress.cidrs',
      'must have at most 64 items',
    ],
    [
      'a range twice',
      egress({ mode: 'Restricted', cidrs: ['192.0.2.0/24', '192.0.2.0/24'] }),
      'spec.network.egress.cidrs[1]',
      'Duplicate value',
    ],
  ];
  it.for(bad)('%s, and names the field', async ([, spec, field, message]) => {
    const told = await refusal(create('bad', spec));
    expect(told.fields).toContain(field);
    expect(told.message).toContain(message);
  });

  const names: readonly (readonly [string, unknown, string, string])[] = [
    ['a'.repeat(64), {}, 'metadata.name', 'metadata.name must be a DNS label'],
    ['a.b', {}, 'metadata.name', 'metadata.name must be a DNS label'],
    ['8080-web', {}, 'metadata.name', "metadata.name must not begin with digits and '-'"],
    ['1-a', {}, 'metadata.name', "metadata.name must not begin with digits and '-'"],
    ['1a', { service: true }, 'spec.service', 'spec.service needs a metadata.name that begins with a letter'],
  ];
  it.for(names)('the name %s with %j', async ([name, spec, field, message]) => {
    const told = await refusal(create(name, spec));
    expect(told.fields).toContain(field);
    expect(told.message).toContain(message);
  });

  it('a field that does not exist, where the client asks for strictness as kubectl does', async () => {
    const answer = await rawRequest(access.access, {
      method: 'POST',
      path: `/apis/sandfleet.dev/v1alpha1/namespaces/${namespace}/sandboxes?dryRun=All&fieldValidation=Strict`,
      body: object('bad', { privileged: true }),
    });
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('unknown field "spec.privileged"') } });
  });
});

describe('the API server accepts', () => {
  it('no spec at all, and fills in the defaults', async () => {
    for (const spec of [undefined, {}]) {
      expect((await create('empty', spec)).spec).toEqual({
        operatingMode: 'Running',
        network: { egress: { mode: 'Internet' } },
        service: false,
        failurePolicy: { mode: 'Recreate' },
      });
    }
  });

  it('examples/sandbox.yaml', async () => {
    const text = readFileSync(new URL('../../../examples/sandbox.yaml', import.meta.url), 'utf8');
    const [example] = loadAll(text) as Sandbox[];
    expect(example?.metadata.name).toBe('demo');
    await expect(create('demo', example?.spec)).resolves.toMatchObject({ spec: example?.spec });
  });

  const good: readonly (readonly [string, string, unknown])[] = [
    ['a name of 63 characters', 'a'.repeat(63), {}],
    ['a name that begins with a digit', '1a', {}],
    ['digits alone', '42', {}],
    [
      'numbers and text as quantities',
      'a',
      { resources: { requests: { cpu: 1, memory: '1.5Gi' }, limits: { cpu: '1', memory: '2Gi', 'ephemeral-storage': '1e9' } } },
    ],
    ['limits alone', 'a', { resources: { limits: { cpu: '50m' } } }],
    ['a workspace with nothing said', 'a', { workspace: {} }],
    [
      '100 variables of many kinds',
      'a',
      {
        env: [
          { name: 'EMPTY' },
          { name: '_x', value: 'line\nline\t$(HOME) ä 漢' },
          { name: 'HOMEBREW', value: 'x' },
          ...Array.from({ length: 97 }, (_, index) => ({ name: `A${index}` })),
        ],
      },
    ],
    ['a value of 32 KiB', 'a', { env: [{ name: 'A', value: 'x'.repeat(32_768) }] }],
    [
      'private and public ranges of both families',
      'a',
      egress({ mode: 'Restricted', cidrs: ['10.0.0.0/8', '203.0.113.7/32', 'fd00::/8', '2001:db8::/32', '0.0.0.0/0', '::/0'] }),
    ],
    ['an image by digest', 'a', { image: `registry.example:5000/team/sandbox@sha256:${'0'.repeat(64)}` }],
    [
      'everything that works',
      'a',
      {
        image: 'x/y:1',
        env: [],
        workspace: { size: '1Gi', storageClassName: 'fast', retention: 'Retain' },
        service: true,
        runtimeClassName: 'gvisor',
        priorityClassName: 'batch',
        operatingMode: 'Running',
        failurePolicy: { mode: 'Recreate' },
        ...egress({ mode: 'Deny' }),
      },
    ],
  ];
  it.for(good)('%s', async ([, name, spec]) => {
    await expect(create(name, spec)).resolves.toMatchObject({ kind: 'Sandbox' });
  });
});

describe('an existing sandbox', () => {
  const full = {
    image: 'x/y:1',
    resources: { limits: { cpu: '1' } },
    env: [{ name: 'A', value: '1' }],
    workspace: { size: '1Gi' },
    runtimeClassName: 'gvisor',
    priorityClassName: 'batch',
  };
  beforeAll(async () => {
    await create('full', full, false);
    await create('bare', {}, false);
  });
  const patch = (name: string, spec: unknown) =>
    client.patch(sandboxes, { namespace, name }, { spec }, { contentType: 'application/merge-patch+json', dryRun: true });

  const changes: readonly (readonly [string, unknown])[] = [
    ['image', 'x/y:2'],
    ['resources', { limits: { cpu: '2' } }],
    ['env', [{ name: 'A', value: '2' }]],
    ['env', []],
    ['workspace', { size: '2Gi' }],
    ['workspace', { retention: 'Retain' }],
    ['runtimeClassName', 'kata'],
    ['priorityClassName', 'other'],
  ];
  it.for(changes)('keeps its %s when that is changed to %j', async ([field, value]) => {
    const told = await refusal(patch('full', { [field]: value }));
    expect(told.fields).toContain(`spec.${field}`);
    expect(told.message).toContain(`spec.${field} cannot change after creation`);
  });

  it.for(Object.entries(full))('keeps its %s when that is removed, or added', async ([field, value]) => {
    const attempts = [() => patch('full', { [field]: null }), () => patch('bare', { [field]: value })];
    for (const attempt of attempts) {
      const told = await refusal(attempt());
      expect(told.fields).toContain(`spec.${field}`);
      expect(told.message).toContain(`spec.${field} cannot change after creation`);
    }
  });

  it('keeps its spec when the whole of it is removed', async () => {
    expect((await refusal(patch('full', null))).fields).toEqual(
      expect.arrayContaining(Object.keys(full).map((field) => `spec.${field}`)),
    );
  });

  it.for([egress({ mode: 'Deny' }), egress({ mode: 'Restricted', cidrs: ['192.0.2.0/24'] }), { service: true }])(
    'may change to %j',
    async (spec) => {
      await expect(patch('full', spec)).resolves.toMatchObject({ spec });
    },
  );

  it('may change its labels whatever its spec', async () => {
    const patched = await client.patch(
      sandboxes,
      { namespace, name: 'full' },
      { metadata: { labels: { a: 'b' } } },
      { contentType: 'application/merge-patch+json', dryRun: true },
    );
    expect(patched.metadata.labels).toEqual({ a: 'b' });
  });
});

interface Published {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Published>>;
  readonly items?: Published;
  readonly additionalProperties?: Published;
}

/** Paths without a description, in the document that `kubectl explain` reads. */
function undescribed(schema: Published, path: string): readonly string[] {
  const children = [
    ...Object.entries(schema.properties ?? {}).map(([name, child]) => [child, `${path}.${name}`] as const),
    ...[schema.items, schema.additionalProperties].flatMap((child) =>
      child === undefined ? [] : [[child, `${path}[]`] as const],
    ),
  ];
  return [...(schema.description ? [] : [path]), ...children.flatMap(([child, name]) => undescribed(child, name))];
}

describe('what kubectl shows', () => {
  it('explains every field of the spec and the status', async () => {
    const text = await client.text('/openapi/v3/apis/sandfleet.dev/v1alpha1');
    const { components } = JSON.parse(text) as { components: { schemas: Record<string, Published> } };
    const kind = components.schemas['dev.sandfleet.v1alpha1.Sandbox'];
    for (const part of ['spec', 'status']) expect(undescribed(kind?.properties?.[part] ?? {}, part)).toEqual([]);
    expect(Object.keys(kind?.properties?.['spec']?.properties ?? {})).toHaveLength(14);
  });

  it('lists sandboxes by their short name and category, with the columns', async () => {
    const discovery = JSON.parse(await client.text('/apis/sandfleet.dev/v1alpha1')) as { resources: readonly unknown[] };
    expect(discovery.resources).toContainEqual(
      expect.objectContaining({
        name: 'sandboxes',
        namespaced: true,
        kind: 'Sandbox',
        shortNames: ['sbx'],
        categories: ['all', 'sandfleet'],
      }),
    );
    const { body } = await rawRequest(access.access, {
      method: 'GET',
      path: `/apis/sandfleet.dev/v1alpha1/namespaces/${namespace}/sandboxes`,
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    const columns = (body['columnDefinitions'] as readonly { name: string; priority: number }[]).map(
      ({ name, priority }) => `${name}:${priority}`,
    );
    expect(columns).toEqual([
      'Name:0',
      'Phase:0',
      'Ready:0',
      'URL:0',
      'Age:0',
      'Pod:1',
      'Node:1',
      'Egress:1',
      'Reason:1',
      'Restarts:1',
      'Expires:1',
    ]);
  });
});
