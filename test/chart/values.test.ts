import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';

import { CHART, manifests, template } from './support/helm.ts';
import { leavesOf, valuesTable, type JsonSchema } from './support/values-table.ts';
import type { Values } from './support/value-sets.ts';

const read = (file: string) => readFile(join(CHART, file), 'utf8');
const schema = JSON.parse(await read('values.schema.json')) as JsonSchema;
const values = load(await read('values.yaml')) as Values;

describe('values.schema.json', () => {
  it('describes every value, and values.yaml has a default for each', () => {
    const leaves = leavesOf(schema);
    expect(leaves.filter(({ description }) => description === undefined).map(({ path }) => path)).toEqual([]);
    const paths = leaves.map(({ path }) => path).filter((path) => path !== 'global');
    const hasDefault = (path: string) => {
      const parent = path
        .split('.')
        .slice(0, -1)
        .reduce<unknown>((node, key) => (node as Values | undefined)?.[key], values);
      return parent !== undefined && (path.split('.').at(-1) ?? '') in (parent as Values);
    };
    // Claims are rare; the others are what an install is made of.
    expect(paths.filter((path) => !hasDefault(path) && !path.endsWith('.resources.claims'))).toEqual([]);
  });

  it('closes every object but those whose keys are free', () => {
    const open: string[] = [];
    const visit = (node: JsonSchema, path: string) => {
      if (node.properties !== undefined && node.additionalProperties !== false) open.push(path);
      for (const [key, child] of Object.entries(node.properties ?? {})) visit(child, `${path}.${key}`);
    };
    visit(schema, 'values');
    for (const [name, definition] of Object.entries(schema.definitions ?? {})) visit(definition, name);
    expect(open).toEqual([]);
  });

  it.for<[Values, string]>([
    [{ replicas: 2 }, "additional properties 'replicas' not allowed"],
    [{ gateway: { domian: 'x' } }, "at '/gateway': additional properties 'domian' not allowed"],
    [{ api: { replicas: 'two' } }, "at '/api/replicas': got string, want integer"],
    [
      { api: { service: { type: 'External' } } },
      "at '/api/service/type': value must be one of 'ClusterIP', 'NodePort', 'LoadBalancer'",
    ],
    [
      { api: { service: { type: 'NodePort', nodePort: 99_999 } } },
      "at '/api/service/nodePort': maximum: got 99,999, want 65,535",
    ],
    [{ gateway: { url: 'ftp://example.com' } }, "at '/gateway/url': 'ftp://example.com' does not match pattern"],
    [{ gateway: { url: 'http://example.com/' } }, "at '/gateway/url': 'http://example.com/' does not match pattern"],
    [{ gateway: { domain: 'https://example.com' } }, "at '/gateway/domain': 'https://example.com' does not match pattern"],
    [{ gateway: { pathMode: { pages: 'open' } } }, "at '/gateway/pathMode/pages': value must be one of 'isolated', 'trusted'"],
    [{ image: { pullPolicy: 'Sometimes' } }, "at '/image/pullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'"],
    [{ image: { digest: 'latest' } }, "at '/image/digest': 'latest' does not match pattern"],
    [{ logLevel: 'verbose' }, "at '/logLevel': value must be one of"],
    [{ watchNamespace: 'Team A' }, "at '/watchNamespace': 'Team A' does not match pattern"],
    [{ tokens: { maxTtlSeconds: 90_000 } }, "at '/tokens/maxTtlSeconds': maximum: got 90,000, want 86,400"],
    [{ tokens: { ticketTtlSeconds: 61 } }, "at '/tokens/ticketTtlSeconds': maximum: got 61, want 60"],
    [{ tokens: { sessionTtlSeconds: 86_401 } }, "at '/tokens/sessionTtlSeconds': maximum: got 86,401, want 86,400"],
    [{ operator: { denyCIDRs: ['example.com'] } }, "at '/operator/denyCIDRs/0': 'example.com' does not match pattern"],
    [{ operator: { extraEnv: [{ value: 'x' }] } }, "at '/operator/extraEnv/0': missing property 'name'"],
    [{ networkPolicy: { apiFrom: [{}] } }, "at '/networkPolicy/apiFrom/0': minProperties: got 0, want 1"],
    [{ imagePullSecrets: ['registry'] }, "at '/imagePullSecrets/0': got string, want object"],
  ])('refuses %o', async ([bad, message]) => {
    const { code, stderr } = await template(bad);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

describe('rules between values', () => {
  it.for<[Values, string]>([
    [
      { tokens: { ttlSeconds: 600, maxTtlSeconds: 60 } },
      'tokens.ttlSeconds (600) must not be more than tokens.maxTtlSeconds (60)',
    ],
    [{ operator: { replicas: 2, leaderElection: false } }, 'operator.leaderElection must be true'],
    [{ api: { ingress: { enabled: true } } }, 'api.ingress.enabled needs api.ingress.hosts'],
    [{ gateway: { ingress: { enabled: true } } }, 'gateway.ingress.enabled needs gateway.domain'],
    [{ watchNamespace: 'a', test: { namespace: 'b' } }, 'test.namespace (b) must be watchNamespace (a) or empty'],
    [{ serviceAccount: { create: false } }, 'operator.serviceAccountName must name the account to use'],
    [{ api: { service: { nodePort: 30_000 } } }, 'api.service.nodePort needs api.service.type NodePort or LoadBalancer'],
    [{ gateway: { service: { externalTrafficPolicy: 'Local' } } }, 'gateway.service.externalTrafficPolicy needs'],
    [{ gateway: { service: { loadBalancerSourceRanges: ['192.0.2.0/24'] } } }, 'gateway.service.loadBalancerSourceRanges needs'],
  ])('refuse %o', async ([bad, message]) => {
    const { code, stderr } = await template(bad);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });

  it('let a parent chart share values of its own', async () => {
    expect(await manifests({ global: { anything: true } })).not.toEqual([]);
  });
});

describe('README.md', () => {
  it('has the table of all values (npx vitest run -u --config test/chart/vitest.config.ts writes it)', async () => {
    const [before, rest] = (await read('README.md')).split('<!-- values -->\n');
    const after = rest?.split('<!-- end of values -->')[1];
    const expected = `${before}<!-- values -->\n${valuesTable(schema, values)}<!-- end of values -->${after}`;
    await expect(expected).toMatchFileSnapshot(join(CHART, 'README.md'));
  });
});
