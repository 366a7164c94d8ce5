import { OPERATIONS, type Command } from './command.ts';

/** What of JSON Schema the contract uses. */
export interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: FieldSchema;
  readonly anyOf?: readonly FieldSchema[];
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly { readonly if: FieldSchema; readonly then: FieldSchema }[];
}

export interface Field {
  readonly name: string;
  /** `--full-page` */
  readonly option: string;
  readonly place: 'params' | 'query' | 'body';
  readonly isRequired: boolean;
  readonly schema: FieldSchema;
}

const optionOf = (name: string): string => name.replaceAll('_', '-');

/** The fields of a command as the contract has them, but for those that its name says. */
export function fieldsOf({ operation: id, fixed = {} }: Pick<Command, 'operation' | 'fixed'>): Field[] {
  const operation = OPERATIONS[id];
  if (operation === undefined) throw new Error(`There is no operation ${id}`);
  // TypeBox schemas are JSON Schema.
  const schemas = { params: operation.params, query: operation.querystring, body: operation.body } as Readonly<
    Record<Field['place'], FieldSchema | undefined>
  >;
  const places = ['params', 'query', 'body'] as const;
  const fields = places.flatMap((place) => {
    const { properties = {}, required = [] } = withConditions(schemas[place] ?? {}, fixed);
    return Object.entries(properties).map(([name, schema]) => ({
      name,
      option: optionOf(name),
      place,
      isRequired: required.includes(name),
      schema: kindOf(schema),
    }));
  });
  return fields.filter(({ name }) => !(name in fixed));
}

/** What holds where a field has the value that is given already. */
function withConditions(schema: FieldSchema, fixed: Readonly<Record<string, unknown>>): FieldSchema {
  const fits = (condition: FieldSchema) =>
    Object.entries(condition.properties ?? {}).every(([name, { const: value }]) => fixed[name] === value);
  const parts = [schema, ...(schema.allOf ?? []).flatMap((rule) => (fits(rule.if) ? [rule.then] : []))];
  return {
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  };
}

/** Of alternatives the first that is not null. */
function kindOf(schema: FieldSchema): FieldSchema {
  const { anyOf, ...rest } = schema;
  if (anyOf === undefined) return schema;
  return { ...anyOf.find(({ type }) => type !== 'null'), ...rest, nullable: anyOf.some(({ type }) => type === 'null') };
}

/** What a value looks like, for help. */
export function kindWords({ type, enum: choices, items }: FieldSchema): string {
  if (choices !== undefined) return choices.join('|');
  if (type === 'array') return `${items?.type === 'object' ? 'JSON' : 'VALUE'}…`;
  if (type === 'object') return 'NAME=VALUE…|JSON';
  if (type === 'integer' || type === 'number') return 'NUMBER';
  return 'TEXT';
}
