/** Longer names and versions are nobody's. */
const MAX_LENGTH = 256;

export interface Package {
  readonly name: string;
  readonly version: string;
}

export const isPackageText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH;

/** In the order of names, whatever their case; of one name the first. */
export function toPackageList(packages: readonly Package[], keyOf: (name: string) => string): Package[] {
  const byName = new Map<string, Package>();
  for (const found of packages) if (!byName.has(keyOf(found.name))) byName.set(keyOf(found.name), found);
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}
