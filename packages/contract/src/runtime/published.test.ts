import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';

import type { Operation } from '../operation.ts';
import { authContract } from './auth.ts';
import { bashContract } from './bash.ts';
import { browserCaptchaContract } from './browser-captcha.ts';
import { browserControlContract } from './browser-control.ts';
import { browserCookiesContract } from './browser-cookies.ts';
import { browserDisplayContract } from './browser-display.ts';
import { browserNetworkContract } from './browser-network.ts';
import { browserPageContract } from './browser-page.ts';
import { browserStateContract } from './browser-state.ts';
import { browserTabsContract } from './browser-tabs.ts';
import { codeContract } from './code.ts';
import { displayContract } from './display.ts';
import { editorContract } from './editor.ts';
import { fileWatchContract } from './file-watch.ts';
import { fileContract } from './file.ts';
import { hooksContract } from './hooks.ts';
import { observeContract } from './observe.ts';
import { sandboxPackagesContract } from './sandbox-packages.ts';
import { parsePublished, PUBLISHED, type PublishedField, type PublishedOperation } from './fixtures.ts';
import { jupyterContract } from './jupyter.ts';
import { mcpContract } from './mcp.ts';
import { nodejsContract } from './nodejs.ts';
import { proxyContract } from './proxy.ts';
import { sandboxContract } from './sandbox.ts';
import { shellContract } from './shell.ts';
import { skillsContract } from './skills.ts';
import { utilContract } from './util.ts';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
}

const contract: Readonly<Record<string, Operation>> = {
  ...authContract,
  ...sandboxContract,
  ...sandboxPackagesContract,
  ...hooksContract,
  ...observeContract,
  ...shellContract,
  ...bashContract,
  ...fileContract,
  ...jupyterContract,
  ...editorContract,
  ...fileWatchContract,
  ...skillsContract,
  ...utilContract,
  ...nodejsContract,
  ...mcpContract,
  ...codeContract,
  ...browserPageContract,
  ...browserControlContract,
  ...browserTabsContract,
  ...browserCookiesContract,
  ...browserStateContract,
  ...browserNetworkContract,
  ...browserCaptchaContract,
  ...proxyContract,
  ...browserDisplayContract,
  ...displayContract,
};
/** A probe that the published document does not list. */
const OURS_ALONE = new Set(['GET /v1/ping', 'GET /v1/browser/downloads']);

/** TypeBox schemas are JSON Schema; this names what the comparison reads of them. */
const asSchema = (schema: TSchema | undefined): Schema => (schema ?? {}) as Schema;

const operationOf = ({ method, path }: PublishedOperation): Operation | undefined =>
  Object.values(contract).find((operation) => operation.method === method && operation.path === path);

/** The object that a list of fields describes. */
function objectOf(operation: Operation, where: string): Schema {
  if (where === 'body') return asSchema(operation.body);
  if (where === 'query') return asSchema(operation.querystring);
  const answer = asSchema(operation.response);
  if (where === 'answer') return answer;
  const data = answer.properties?.['data'] ?? {};
  // A result or an error, of which the result comes first.
  const result = data.anyOf?.[0] ?? data;
  if (where === 'data') return result.items ?? result;
  const nested = result.properties?.[where] ?? answer.properties?.[where] ?? {};
  return nested.items ?? Object.values(nested.patternProperties ?? {})[0] ?? nested;
}

const NAMES: Readonly<Record<string, string>> = { string: 'str', integer: 'int', number: 'num', boolean: 'bool', object: 'obj' };

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return `(${schema.enum.join('|')})`;
  if (schema.type === 'array') return `${typeOf(schema.items ?? {})}[]`;
  if (schema.patternProperties !== undefined) return `map<${typeOf(Object.values(schema.patternProperties)[0] ?? {})}>`;
  return NAMES[schema.type ?? ''] ?? `${schema.type}`;
}

/** A list of words where any text is published only says more. */
const fits = (ours: string, published: string): boolean => ours === published || (published === 'str' && ours.startsWith('('));

function differences(schema: Schema, fields: readonly PublishedField[], where: string): string[] {
  return fields.flatMap(({ name, required, type, default: value }) => {
    const property = schema.properties?.[name];
    if (property === undefined) return [`${where}.${name} is missing`];
    const isRequired = schema.required?.includes(name) ?? false;
    return [
      ...(fits(typeOf(property), type) ? [] : [`${where}.${name} is ${typeOf(property)}, published ${type}`]),
      // An answer may always have what is optional; a body must not ask for it.
      ...(where === 'body' && isRequired !== required ? [`${where}.${name} is ${isRequired ? '' : 'not '}required`] : []),
      ...(where !== 'body' && required && !isRequired ? [`${where}.${name} may be missing`] : []),
      ...(value === undefined || String(property.default) === value
        ? []
        : [`${where}.${name} defaults to ${String(property.default)}`]),
    ];
  });
}

describe('the runtime contract', () => {
  const published = parsePublished(PUBLISHED);

  it.for(published.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    'has every published field of %s',
    ([, operation]) => {
      const ours = operationOf(operation);
      expect(ours).toBeDefined();
      if (ours === undefined) return;
      expect(
        Object.entries(operation.lists).flatMap(([where, fields]) => differences(objectOf(ours, where), fields, where)),
      ).toEqual([]);
    },
  );

  it('has no operation that is not published', () => {
    const known = new Set(published.map(({ method, path }) => `${method} ${path}`));
    const ours = Object.values(contract).map(({ method, path }) => `${method} ${path}`);
    expect(ours.filter((name) => !known.has(name) && !OURS_ALONE.has(name))).toEqual([]);
  });

  it('asks for no field that published clients do not send', () => {
    const extra = published.flatMap((operation) => {
      const required = asSchema(operationOf(operation)?.body).required ?? [];
      return required.filter((name) => !operation.lists['body']?.some((field) => field.name === name));
    });
    expect(extra).toEqual([]);
  });

  it('would notice a field that goes, changes or becomes required', () => {
    const fields = [{ name: 'a', required: false, type: 'int', default: '1' }] as const;
    const schemas: readonly Schema[] = [
      { properties: {} },
      { properties: { a: { type: 'string', default: 1 } } },
      { properties: { a: { type: 'integer', default: 1 } }, required: ['a'] },
      { properties: { a: { type: 'integer' } } },
      { properties: { a: { type: 'integer', default: 1 } } },
    ];
    expect(schemas.map((schema) => differences(schema, fields, 'body').length)).toEqual([1, 1, 1, 1, 0]);
  });
});
