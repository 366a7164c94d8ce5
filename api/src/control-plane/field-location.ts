type Location = readonly (string | number)[];

const SEGMENT = /([^.[\]]+)|\[([^\]]*)\]/g;

/**
 * Where a field of the Sandbox stands in the request: `spec.env[2].value` is `env.NAME`, `spec.resources.limits[memory]` is
 * `resources.limits.memory`, `metadata.name` is `name`. An empty location is the request as a whole.
 */
export function toLocation(field: string, env: readonly string[]): Location {
  const path = [...field.matchAll(SEGMENT)].map(([, name, index = '']) => name ?? (/^\d+$/.test(index) ? Number(index) : index));
  const [root, ...rest] = path;
  if (root === 'metadata' && rest[0] === 'name') return ['name'];
  if (root === 'metadata' && rest[0] === 'annotations') return ['metadata'];
  if (root !== 'spec') return [];
  const [first, second] = rest;
  if (first === 'env' && typeof second === 'number') return ['env', env[second] ?? second];
  return rest;
}
