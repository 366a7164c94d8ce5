import type { McpTool } from '@sandfleet/contract/runtime';

import { ALIASES } from './aliases.ts';
import type { CatalogTool } from './catalog.ts';
import type { ToolDefinition } from './tool-definition.ts';

/** A tool as a list shows it. */
export type ListedTool = McpTool;

export function annotationsOf({ title, effect, openWorld }: ToolDefinition): Record<string, unknown> {
  return {
    title,
    readOnlyHint: effect === 'reads',
    destructiveHint: effect === 'destroys',
    idempotentHint: effect === 'reads' || effect === 'sets',
    openWorldHint: openWorld === true,
  };
}

/** What a client wants to see of the tools. */
export interface View {
  /** Words that all must occur. */
  readonly search?: string | undefined;
  readonly includeHidden: boolean;
  readonly aliases: boolean;
}

export const PLAIN_VIEW: View = { includeHidden: false, aliases: false };

/** The view that the query of a URL asks for. */
export function viewOf(query: unknown): View {
  // Fastify parses a query into an object of texts and lists of texts.
  const { search, include_hidden: hidden, aliases } = (query ?? {}) as Record<string, unknown>;
  return {
    search: typeof search === 'string' ? search.slice(0, 256) : undefined,
    includeHidden: isTrue(hidden),
    aliases: isTrue(aliases) || isTrue(hidden),
  };
}

const isTrue = (value: unknown): boolean => value === 'true' || value === '1';

export function listOf(tools: readonly CatalogTool[], view: View): readonly ListedTool[] {
  const shown = tools.filter(({ definition }) => view.includeHidden || definition.hidden !== true).map(({ listed }) => listed);
  const all = view.aliases ? [...shown, ...aliasesOf(tools)] : shown;
  return searched(all, view.search);
}

export function searched(tools: readonly ListedTool[], search = ''): readonly ListedTool[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return tools;
  return tools.filter(({ name, title, description }) => {
    const text = `${name} ${title ?? ''} ${description ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function aliasesOf(tools: readonly CatalogTool[]): readonly ListedTool[] {
  const byName = new Map(tools.map((tool) => [tool.definition.name, tool.listed]));
  return Object.entries(ALIASES).flatMap(([name, { tool, adapt }]) => {
    const listed = typeof tool === 'string' ? byName.get(tool) : undefined;
    if (listed === undefined) return [];
    // Arguments that are turned into others are not those of the tool.
    const inputSchema = adapt === undefined ? listed.inputSchema : { type: 'object' };
    return [{ ...listed, name, inputSchema, description: `Another name of ${listed.name}. ${listed.description ?? ''}` }];
  });
}
