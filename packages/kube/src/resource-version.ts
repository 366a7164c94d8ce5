const NUMBER = /^[1-9][0-9]*$/;

/**
 * Orders two resourceVersions of one kind: negative when `a` is older. They are opaque by contract, but every API server
 * makes them of etcd's revision; where either is not such a number there is no order, and the answer is `undefined`.
 * Compared as text (length first), as they outgrow the safe integers.
 */
export function compareResourceVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return 0;
  if (!NUMBER.test(a) || !NUMBER.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}
