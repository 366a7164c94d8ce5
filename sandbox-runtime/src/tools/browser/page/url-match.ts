/**
 * Whether an address is what a pattern means: `*` and `**` stand for anything, and a pattern without them is the address or a
 * part of it. It takes one look at each character: patterns and addresses are both of strangers.
 */
export function matchesUrl(url: string, pattern: string): boolean {
  const parts = pattern.split(/\*+/);
  if (parts.length === 1) return url.includes(pattern);
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (!url.startsWith(first) || !url.endsWith(last) || url.length < first.length + last.length) return false;
  const end = url.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = url.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
