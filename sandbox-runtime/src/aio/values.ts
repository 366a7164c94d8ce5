import type { Field, FieldSchema } from './fields.ts';
import { UsageError } from './usage-error.ts';

/** Turns what was written for a field into its value. Limits are the sandbox's to check. */
export function valueOf({ option, schema }: Pick<Field, 'option' | 'schema'>, texts: readonly string[]): unknown {
  const [only = ''] = texts.slice(-1);
  if (schema.nullable === true && only === 'null') return null;
  if (schema.type === 'array') return listOf(option, schema, texts);
  if (schema.type === 'object') return objectOf(texts);
  return plainOf(option, schema, only);
}

function listOf(option: string, { items = {} }: FieldSchema, texts: readonly string[]): unknown[] {
  if (items.type !== 'object') {
    const [first = ''] = texts;
    // A whole list may come as JSON; a text that merely begins with a bracket may not be one.
    const list = texts.length === 1 && first.startsWith('[') ? parsedOr(first, undefined) : undefined;
    return Array.isArray(list) ? list : texts.map((text) => plainOf(option, items, text));
  }
  return texts.flatMap((text) => {
    const value = parsedOr(text, undefined);
    if (typeof value !== 'object' || value === null) throw new UsageError(`${option}: write each as JSON: '{"name": …}'`);
    return Array.isArray(value) ? value : [value];
  });
}

/** JSON, or name=value pairs of text; anything else is passed on, since some objects also have a written form. */
function objectOf(texts: readonly string[]): unknown {
  const [first = ''] = texts;
  if (texts.length === 1 && !first.includes('=')) return parsedOr(first, first);
  if (texts.length === 1 && first.trimStart().startsWith('{')) return parsedOr(first, first);
  return Object.fromEntries(texts.map((text) => pairOf(text)));
}

function plainOf(option: string, { type, enum: choices }: FieldSchema, text: string): unknown {
  if (choices !== undefined) {
    const choice = choices.find((known) => String(known).toLowerCase() === text.toLowerCase());
    if (choice === undefined) throw new UsageError(`${option}: ${JSON.stringify(text)} is none of ${choices.join(', ')}`);
    return choice;
  }
  if (type !== 'number' && type !== 'integer') return text;
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || (type === 'integer' && !Number.isInteger(number)))
    throw new UsageError(`${option}: ${JSON.stringify(text)} is no ${type === 'integer' ? 'whole number' : 'number'}`);
  return number;
}

/** A body of its own making: one JSON object, or pairs whose values are JSON where they can be read as such. */
export function freeBody(texts: readonly string[]): Record<string, unknown> {
  const [first = ''] = texts;
  if (first.trimStart().startsWith('{')) {
    const value = parsedOr(first, undefined);
    if (texts.length > 1 || typeof value !== 'object' || value === null)
      throw new UsageError('The arguments are one JSON object, or pairs: name=value');
    return { ...value };
  }
  return Object.fromEntries(texts.map((text) => pairOf(text)).map(([name, value]) => [name, parsedOr(value, value)]));
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`${JSON.stringify(text)} is no pair: write name=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function parsedOr<T>(text: string, otherwise: T): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}
