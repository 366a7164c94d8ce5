import { parseArgs, type ParseArgsConfig } from 'node:util';

import { OPERATIONS, type Command } from './command.ts';
import { fieldsOf, type Field } from './fields.ts';
import { UsageError } from './usage-error.ts';
import { freeBody, valueOf } from './values.ts';

/** A request as it goes to the sandbox. */
export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

type Written = Map<string, string[] | boolean>;

/** Reads the words behind a command's name. @throws UsageError */
export function readCall(command: Command, words: readonly string[]): Call {
  const fields = fieldsOf(command);
  const { written, free } = placed(command, fields, parsed(fields, words));
  const values = new Map<string, unknown>();
  for (const field of fields) {
    const texts = written.get(field.name);
    if (texts !== undefined) values.set(field.name, typeof texts === 'boolean' ? texts : valueOf(field, texts));
    else if (field.isRequired) throw new UsageError(`${wordFor(command, field)} is missing`);
  }
  return callOf(command, fields, { values, free });
}

interface Parsed {
  readonly written: Written;
  readonly positionals: readonly string[];
}

/** A negative number is a value and no option. */
const MINUS = '\u0000-';

function parsed(fields: readonly Field[], words: readonly string[]): Parsed {
  const isBoolean = ({ schema }: Field) => schema.type === 'boolean';
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const field of fields) {
    if (isBoolean(field))
      Object.assign(options, { [field.option]: { type: 'boolean' }, [`no-${field.option}`]: { type: 'boolean' } });
    else options[field.option] = { type: 'string', multiple: true };
  }
  const args = words.map((word) => (/^-\.?\d/.test(word) ? `${MINUS}${word.slice(1)}` : word.replace(/^--[\w-]+/, hyphened)));
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    const written: Written = new Map();
    for (const field of fields) {
      const value = values[field.option];
      if (values[`no-${field.option}`] === true) written.set(field.name, false);
      else if (Array.isArray(value))
        written.set(
          field.name,
          value.map((text) => unmarked(String(text))),
        );
      else if (typeof value === 'boolean') written.set(field.name, value);
    }
    return { written, positionals: positionals.map(unmarked) };
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error), { cause: error });
  }
}

const hyphened = (option: string): string => option.replaceAll('_', '-');
const unmarked = (text: string): string => text.replace(MINUS, '-');

/** Gives what has no option its field by its place. */
function placed(command: Command, fields: readonly Field[], { written, positionals }: Parsed) {
  const left = [...positionals];
  let free: readonly string[] | undefined;
  for (const place of command.places ?? []) {
    if (place === '*') free = left.splice(0);
    const names = place.split('|');
    const [text] = left;
    if (text === undefined || place === '*' || names.some((name) => written.has(name))) continue;
    const name = /^\d+$/.test(text) ? names.at(-1) : names[0];
    const field = fields.find((known) => known.name === name);
    if (field === undefined) throw new Error(`${command.name} has no field ${place}`);
    const takesAll = field.schema.type === 'array' || field.schema.type === 'object';
    written.set(field.name, takesAll ? left.splice(0) : left.splice(0, 1));
  }
  if (left.length > 0) throw new UsageError(`${JSON.stringify(left[0])} is too much; quote what has spaces in it`);
  return { written, free };
}

function wordFor({ places = [] }: Command, { name, option }: Field): string {
  return places.some((place) => place.split('|').includes(name)) ? option.toUpperCase() : `--${option}`;
}

interface Values {
  readonly values: ReadonlyMap<string, unknown>;
  readonly free: readonly string[] | undefined;
}

function callOf({ operation: id, fixed = {} }: Command, fields: readonly Field[], { values, free }: Values): Call {
  const operation = OPERATIONS[id];
  if (operation === undefined) throw new Error(`There is no operation ${id}`);
  const at = (place: Field['place']) =>
    fields
      .filter((field) => field.place === place && values.has(field.name))
      .map(({ name }) => [name, values.get(name)] as const);
  const params = new Map(at('params'));
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params.get(name))));
  const query = new URLSearchParams(at('query').map(([name, value]): [string, string] => [name, String(value)])).toString();
  const body = { ...fixed, ...Object.fromEntries(at('body')), ...(free === undefined ? {} : freeBody(free)) };
  return {
    method: operation.method,
    path: query === '' ? path : `${path}?${query}`,
    body: operation.body === undefined ? undefined : body,
  };
}
