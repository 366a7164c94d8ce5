import type { CatalogTool } from '../catalog/catalog.ts';
import type { Arguments } from '../catalog/tool-definition.ts';

export interface Understood {
  readonly args: Arguments;
  /** Names that the tool does not know. */
  readonly unknown: readonly string[];
  /** Names that the tool needs and did not get. */
  readonly missing: readonly string[];
}

/** Gives every argument the tool's own name; what is null counts as left out. */
export function understand({ definition, inputSchema }: CatalogTool, given: Arguments): Understood {
  const known = (name: string) => Object.hasOwn(inputSchema.properties, name);
  const renamed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const own = known(name) ? name : ownName(definition.also, name);
    // What has the tool's own name counts more than another name of the same.
    if (own === name || given[own] === undefined) renamed[own] = value;
  }
  const prepared = definition.prepare?.(renamed) ?? renamed;
  const entries = Object.entries(prepared);
  const { required = [] } = inputSchema;
  return {
    args: Object.fromEntries(entries.filter(([name]) => known(name))),
    unknown: entries.map(([name]) => name).filter((name) => !known(name)),
    missing: required.filter((name) => prepared[name] === undefined),
  };
}

const ownName = (also: Readonly<Record<string, string>> | undefined, name: string): string =>
  also !== undefined && Object.hasOwn(also, name) ? (also[name] ?? name) : name;
