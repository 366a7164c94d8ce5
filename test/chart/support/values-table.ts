import type { Values } from './value-sets.ts';

/** The part of JSON Schema that values.schema.json uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

export interface Leaf {
  readonly path: string;
  readonly description: string | undefined;
}

/** Every value that is no group of values, by its path. */
export function leavesOf(schema: JsonSchema): readonly Leaf[] {
  const resolve = (node: JsonSchema): JsonSchema => {
    const target = node.$ref === undefined ? undefined : schema.definitions?.[node.$ref.replace('#/definitions/', '')];
    return { ...target, ...node };
  };
  const visit = (path: string, reference: JsonSchema): readonly Leaf[] => {
    const node = resolve(reference);
    if (node.properties === undefined) return [{ path, description: node.description }];
    return Object.entries(node.properties).flatMap(([key, child]) => visit(path === '' ? key : `${path}.${key}`, child));
  };
  return visit('', { properties: schema.properties ?? {} });
}

/** The values as a Markdown table, in the order of the schema. */
export function valuesTable(schema: JsonSchema, values: Values): string {
  const rows = leavesOf(schema).map(({ path, description }) => {
    const value = path.split('.').reduce<unknown>((node, key) => (node as Values | undefined)?.[key], values);
    const shown = value === undefined ? '' : `\`${JSON.stringify(value)}\``;
    return `| \`${path}\` | ${shown} | ${(description ?? '').replaceAll('|', '\\|')} |\n`;
  });
  return `\n| value | default | meaning |\n|---|---|---|\n${rows.join('')}\n`;
}
