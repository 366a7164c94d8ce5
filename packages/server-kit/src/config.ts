import type { TSchema } from 'typebox';
import type { Static, TObject } from 'typebox';
import { Value } from 'typebox/value';

/** A configuration that cannot be used; the message names each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Parses environment variables into one frozen object. The property names of `schema` are the variables' names;
 * numbers, booleans (`true`, `false`, `1`, `0`) and comma-separated lists are read from text; an empty variable counts as absent.
 *
 * @throws ConfigError when a variable is missing or does not fit.
 */
export function loadConfig<S extends TObject>(schema: S, env: Readonly<Record<string, string | undefined>>): Readonly<Static<S>> {
  const problems: string[] = [];
  const entries = Object.entries(schema.properties as Record<string, TSchema>).map(([name, property]) => {
    const text = env[name];
    const value = text === undefined || text === '' ? defaultOf(property) : decode(text, property);
    const problem = explain(name, property, value);
    if (problem !== undefined) problems.push(problem);
    return [name, value] as const;
  });
  if (problems.length > 0) throw new ConfigError(problems.join('; '));
  // Every property was checked against its schema just above.
  return Object.freeze(Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Static<S>);
}

interface Described {
  readonly default?: unknown;
  readonly type?: string;
  readonly description?: string;
}

const described = (schema: TSchema): Described => schema;
const isOptional = (schema: TSchema): boolean => '~optional' in schema;

function defaultOf(schema: TSchema): unknown {
  return described(schema).default;
}

function decode(text: string, schema: TSchema): unknown {
  const { type } = described(schema);
  if (type === 'integer' || type === 'number') return text.trim() === '' ? text : Number(text);
  if (type === 'boolean')
    return ({ true: true, '1': true, false: false, '0': false } as Record<string, boolean>)[text.toLowerCase()] ?? text;
  if (type === 'array')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return text;
}

function explain(name: string, schema: TSchema, value: unknown): string | undefined {
  const meaning = described(schema).description;
  const hint = meaning === undefined ? '' : ` (${meaning})`;
  if (value === undefined) return isOptional(schema) ? undefined : `${name} is required${hint}`;
  if (Value.Check(schema, value)) return undefined;
  const [error] = Value.Errors(schema, value);
  return `${name} ${error?.message ?? 'is not valid'}${hint}`;
}
