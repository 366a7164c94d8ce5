import type { Operation } from '@sandfleet/contract';

import { asList, asObject, type Arguments, type ToolDefinition } from './tool-definition.ts';

export interface ObjectSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

/** Where an argument of an operation goes. */
export type Place = 'params' | 'query' | 'body';

/** The arguments of a tool as JSON Schema: those of its operation, wherever they go, in one object. */
export function inputSchemaOf({ input, without = [] }: ToolDefinition, operation: Operation): ObjectSchema {
  if (input !== undefined) return plainObject(input);
  const parts = [operation.params, operation.querystring, operation.body].map(plainObject);
  const properties = Object.fromEntries(
    parts.flatMap((part) => Object.entries(part.properties)).filter(([name]) => !without.includes(name)),
  );
  const required = parts.flatMap((part) => part.required ?? []).filter((name) => name in properties);
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

const known = new WeakMap<Operation, ReadonlyMap<string, Place>>();

/** Where each argument of an operation goes. */
export function placesOf(operation: Operation): ReadonlyMap<string, Place> {
  const places = known.get(operation) ?? readPlaces(operation);
  known.set(operation, places);
  return places;
}

function readPlaces(operation: Operation): ReadonlyMap<string, Place> {
  const names = (schema: unknown, place: Place) =>
    Object.keys(plainObject(schema).properties).map((name): [string, Place] => [name, place]);
  return new Map([
    ...names(operation.body, 'body'),
    ...names(operation.querystring, 'query'),
    ...names(operation.params, 'params'),
  ]);
}

/** Clients refuse a choice between objects: it becomes one object with the fields of all, that needs what all of them need. */
function plainObject(schema: unknown): ObjectSchema {
  // The contract's schemas carry what is no JSON; clients get the JSON alone.
  const plain = schema === undefined ? {} : asObject(JSON.parse(JSON.stringify(schema)));
  const choices = [plain['anyOf'], plain['oneOf']].find(Array.isArray)?.map(plainObject) ?? [];
  // What holds under a condition may be given, and the operation says when it must be.
  const conditional = asList(plain['allOf']).map((part) => plainObject(asObject(part)['then'] ?? part));
  const properties = { ...merged([...choices, ...conditional]), ...asObject(plain['properties']) };
  const [first, ...others] = choices;
  const common = (first?.required ?? []).filter((name) => others.every(({ required = [] }) => required.includes(name)));
  const own = asList(plain['required']).filter((name) => typeof name === 'string');
  const required = [...new Set([...common, ...own])];
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function merged(choices: readonly ObjectSchema[]): Arguments {
  const properties: Record<string, unknown> = {};
  for (const choice of choices) {
    for (const [name, schema] of Object.entries(choice.properties)) {
      const known = properties[name];
      properties[name] = known === undefined ? schema : joined(asObject(known), asObject(schema));
    }
  }
  return properties;
}

/** What tells the choices apart is one word in each: together they are a list of words. */
function joined(known: Arguments, schema: Arguments): Arguments {
  const words = [...wordsOf(known), ...wordsOf(schema)];
  if (words.length < 2) return known;
  const { const: _, ...rest } = known;
  return { ...rest, type: 'string', enum: [...new Set(words)] };
}

const wordsOf = (schema: Arguments): readonly unknown[] =>
  'const' in schema ? [schema['const']] : Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : [];
