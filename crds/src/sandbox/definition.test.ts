import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { definitions, toYaml } from '../definitions.ts';
import { sandboxDefinition } from './definition.ts';

interface Schema {
  readonly [key: string]: unknown;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
}

/** Every schema with its path, as `kubectl explain --recursive` walks them. */
function walk(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const children = [
    ...Object.entries(schema.properties ?? {}).map(([name, child]) => walk(child, `${path}.${name}`)),
    ...(schema.items === undefined ? [] : [walk(schema.items, `${path}[]`)]),
    ...(schema.additionalProperties === undefined ? [] : [walk(schema.additionalProperties, `${path}{}`)]),
  ];
  return [[path, schema], ...children.flat()];
}

const messagesOf = (schema: Schema): readonly string[] =>
  ((schema['x-kubernetes-validations'] ?? []) as readonly { readonly message: string }[]).map(({ message }) => message);

const [version] = sandboxDefinition().spec.versions;
const root = version?.schema.openAPIV3Schema as Schema;
const all = [...walk(root.properties?.['spec'] ?? {}, 'spec'), ...walk(root.properties?.['status'] ?? {}, 'status')];

describe('the definition of Sandbox', () => {
  it('describes every field', () => {
    expect(all.filter(([, { description }]) => !description?.trim()).map(([path]) => path)).toEqual([]);
    expect(root.description).toBeTruthy();
  });

  it('has every field of the design', () => {
    const fields = (path: string) => Object.keys(all.find(([each]) => each === path)?.[1].properties ?? {}).toSorted();
    expect(fields('spec')).toEqual(
      [
        'templateRef',
        'template',
        'image',
        'resources',
        'env',
        'workspace',
        'operatingMode',
        'lifetime',
        'network',
        'ports',
        'runtimeClassName',
        'priorityClassName',
        'service',
        'failurePolicy',
      ].toSorted(),
    );
    expect(fields('spec.lifetime')).toEqual(['idleTimeoutSeconds', 'onExpiry', 'shutdownTime', 'ttlSeconds']);
    expect(fields('spec.network.egress')).toEqual(['cidrs', 'domains', 'mode']);
    expect(fields('spec.workspace')).toEqual(['retention', 'size', 'storageClassName']);
    for (const field of [
      'phase',
      'conditions',
      'podName',
      'podIPs',
      'nodeName',
      'url',
      'startedAt',
      'expiresAt',
      'lastActivityTime',
      'restarts',
      'lastTermination',
      'templateHash',
      'observedGeneration',
    ]) {
      expect(fields('status')).toContain(field);
    }
    expect(fields('status.lastTermination')).toEqual(expect.arrayContaining(['container', 'exitCode', 'node', 'reason', 'time']));
  });

  it('bounds everything that a user may write, so that no rule can become expensive', () => {
    const unbounded = all.filter(([path, { type, ...schema }]) => {
      if (!path.startsWith('spec')) return false;
      if (type === 'string') return !('enum' in schema) && !('maxLength' in schema) && !('format' in schema);
      if (type === 'array') return !('maxItems' in schema);
      if (type === 'integer') return !('maximum' in schema);
      return schema.additionalProperties !== undefined && !('maxProperties' in schema);
    });
    expect(unbounded.map(([path]) => path)).toEqual([]);
  });

  it('names a field in every sentence of a rule', () => {
    // A value of a map is named by the path that the API server puts before the sentence.
    const sentences = [...all, ['', root] as const]
      .filter(([path]) => !path.endsWith('{}'))
      .flatMap(([, schema]) => messagesOf(schema));
    expect(sentences.length).toBeGreaterThan(25);
    expect(sentences.filter((sentence) => !/spec\.|metadata\.name/.test(sentence))).toEqual([]);
  });

  it('has the columns that people read', () => {
    const columns = version?.additionalPrinterColumns.map(({ name, ...rest }) => ('priority' in rest ? `${name} (wide)` : name));
    expect(columns).toEqual([
      'Phase',
      'Ready',
      'URL',
      'Age',
      'Pod (wide)',
      'Node (wide)',
      'Egress (wide)',
      'Reason (wide)',
      'Restarts (wide)',
      'Expires (wide)',
    ]);
    expect(sandboxDefinition().spec.names).toMatchObject({ shortNames: ['sbx'], categories: ['all', 'sandfleet'] });
    expect(version?.subresources).toEqual({ status: {} });
  });

  it.for(['../../', '../../../charts/sandfleet/files/crds/'])('is what %s holds', (folder) => {
    for (const [name, definition] of Object.entries(definitions())) {
      const text = readFileSync(new URL(`${folder}${name}`, import.meta.url), 'utf8');
      expect(text.endsWith(`\n${toYaml(definition)}`)).toBe(true);
    }
  });
});
