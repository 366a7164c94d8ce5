/** The subset of JSON Schema that a CustomResourceDefinition accepts, with Kubernetes' extensions. */
export type StructuralSchema = { [key: string]: unknown };

interface JsonSchema {
  readonly [key: string]: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

const REFUSED = ['anyOf', 'oneOf', 'allOf', 'not', '$ref', 'const', 'if'];
// A map with a pattern for its keys has no counterpart in a structural schema; only the map of all keys has.
const ANY_KEY = '^.*$';

/**
 * Lowers a TypeBox schema to a structural schema: enums get their type, maps become `additionalProperties`, and a property with
 * a default is no longer required, since the API server fills it in.
 *
 * @throws Error for what a structural schema cannot say.
 */
export function toStructuralSchema(schema: object, path = 'root'): StructuralSchema {
  const source = schema as JsonSchema;
  for (const keyword of REFUSED) {
    if (keyword in source) throw new Error(`${path}: a structural schema cannot hold ${keyword}`);
  }
  const { enum: values, items, properties, patternProperties, required, ...rest } = source;
  return {
    ...rest,
    ...(values === undefined ? {} : { type: 'string', enum: values }),
    ...(items === undefined ? {} : { items: toStructuralSchema(items, `${path}[]`) }),
    ...(patternProperties === undefined ? {} : { additionalProperties: mapValue(patternProperties, path) }),
    ...(properties === undefined ? {} : lowerProperties(properties, required ?? [], path)),
    ...(source['default'] === undefined ? {} : { default: completeDefault(source) }),
  };
}

/** The API server checks a default as it stands, before the defaults inside it apply; so those are written out. */
function completeDefault({ default: own, properties }: JsonSchema): unknown {
  if (properties === undefined) return own;
  const inner = Object.entries(properties).filter(([, property]) => property['default'] !== undefined);
  return { ...Object.fromEntries(inner.map(([name, property]) => [name, completeDefault(property)])), ...(own as object) };
}

function mapValue(patternProperties: Readonly<Record<string, JsonSchema>>, path: string): StructuralSchema {
  const value = patternProperties[ANY_KEY];
  if (value === undefined) throw new Error(`${path}: a structural schema cannot hold patterns for keys`);
  return toStructuralSchema(value, `${path}{}`);
}

function lowerProperties(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[], path: string) {
  const needed = required.filter((name) => properties[name]?.['default'] === undefined);
  const lowered = Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, toStructuralSchema(property, `${path}.${name}`)]),
  );
  return { properties: lowered, ...(needed.length === 0 ? {} : { required: needed }) };
}
