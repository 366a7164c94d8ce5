import type { Contract, Operation } from '@sandfleet/contract';

import { ALIASES, SERVER_ALIASES, type Alias } from './aliases.ts';
import { annotationsOf, type ListedTool } from './listed-tool.ts';
import { browserPageTools } from './browser-page-tools.ts';
import { browserScreenTools } from './browser-screen-tools.ts';
import { fileTools } from './file-tools.ts';
import { inputSchemaOf, type ObjectSchema } from './input-schema.ts';
import { markitdownTools } from './markitdown-tools.ts';
import { sandboxTools } from './sandbox-tools.ts';
import { shellTools } from './shell-tools.ts';
import { OWN_SERVERS, type Arguments, type ToolDefinition } from './tool-definition.ts';

export const DEFINITIONS: readonly ToolDefinition[] = [
  ...browserPageTools,
  ...browserScreenTools,
  ...fileTools,
  ...shellTools,
  ...markitdownTools,
  ...sandboxTools,
];

export interface CatalogTool {
  readonly definition: ToolDefinition;
  readonly listed: ListedTool;
  readonly inputSchema: ObjectSchema;
}

export interface Resolved {
  readonly tool: CatalogTool;
  /** The name that the tool was called by, where it is not its own. */
  readonly alias: string | undefined;
  readonly args: Arguments;
}

export interface CatalogOptions {
  readonly contract: Contract;
  /** Whether the browser has tools. */
  readonly browser: boolean;
}

/** Operations by method and path, which are published; ids are not. */
export const operationsOf = (contract: Contract): ReadonlyMap<string, Operation> =>
  new Map(Object.values(contract).map((operation) => [`${operation.method} ${operation.path}`, operation]));

/** The sandbox's own tools. */
export class Catalog {
  readonly #tools = new Map<string, CatalogTool>();

  constructor({ contract, browser }: CatalogOptions) {
    const operations = operationsOf(contract);
    for (const definition of DEFINITIONS) {
      const operation = operations.get(definition.operation);
      if (operation === undefined || (definition.server === 'browser' && !browser)) continue;
      const inputSchema = inputSchemaOf(definition, operation);
      this.#tools.set(definition.name, { definition, inputSchema, listed: listedTool(definition, operation, inputSchema) });
    }
  }

  list(): readonly CatalogTool[] {
    return [...this.#tools.values()];
  }

  /** Names that the hub takes for itself: no other server may give them to a tool. */
  owns(name: string): boolean {
    return this.resolve(name, {}) !== undefined || Object.hasOwn(ALIASES, name);
  }

  /** Finds a tool by any of its names; `server` narrows it to those of one server, in which no name needs a prefix. */
  resolve(name: string, args: Arguments, server?: string): Resolved | undefined {
    const servers = server === undefined ? OWN_SERVERS : [serverOf(server)];
    const found = this.#named(name, args) ?? firstOf(servers, (prefix) => this.#named(`${prefix}_${name}`, args));
    if (found === undefined || (server !== undefined && !belongs(found, name, serverOf(server)))) return undefined;
    return { ...found, alias: name === found.tool.definition.name ? undefined : name };
  }

  #named(name: string, args: Arguments): Omit<Resolved, 'alias'> | undefined {
    const tool = this.#tools.get(name);
    if (tool !== undefined) return { tool, args };
    const alias = aliasOf(name);
    if (alias === undefined) return undefined;
    const target = this.#tools.get(typeof alias.tool === 'string' ? alias.tool : alias.tool(args));
    return target === undefined ? undefined : { tool: target, args: alias.adapt?.(args) ?? args };
  }
}

/** The former hub put its own name before every tool, and its aliases stood in its own server. */
const belongs = ({ tool }: Omit<Resolved, 'alias'>, name: string, server: string): boolean =>
  tool.definition.server === server || (server === 'sandbox' && name.startsWith('sandbox_'));

export const serverOf = (name: string): string => (Object.hasOwn(SERVER_ALIASES, name) ? (SERVER_ALIASES[name] ?? name) : name);

function aliasOf(name: string): Alias | undefined {
  if (Object.hasOwn(ALIASES, name)) return ALIASES[name];
  return name.startsWith('sandbox_browser_') ? { tool: name.slice('sandbox_'.length) } : undefined;
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function listedTool(definition: ToolDefinition, operation: Operation, inputSchema: ObjectSchema): ListedTool {
  const own = [`${operation.summary}.`, ...(operation.description === undefined ? [] : [operation.description])].join(' ');
  return {
    name: definition.name,
    title: definition.title,
    description: definition.description ?? own,
    inputSchema: { ...inputSchema },
    annotations: annotationsOf(definition),
  };
}
