/**
 * Where a text occurs, without overlaps. Knuth, Morris and Pratt's search: the engine's own takes the product of both lengths for
 * texts made for that, and would hold every other call up for minutes.
 */
export function findOccurrences(text: string, wanted: string): readonly number[] {
  const found: number[] = [];
  if (wanted === '' || wanted.length > text.length) return found;
  const fallback = fallbackTable(wanted);
  let matched = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    while (matched > 0 && wanted.charCodeAt(matched) !== code) matched = fallback[matched - 1] ?? 0;
    if (wanted.charCodeAt(matched) === code) matched += 1;
    if (matched === wanted.length) {
      found.push(at - wanted.length + 1);
      matched = 0;
    }
  }
  return found;
}

/** For each prefix, the length of the longest one that it also ends with. */
function fallbackTable(wanted: string): Int32Array {
  const table = new Int32Array(wanted.length);
  let matched = 0;
  for (let at = 1; at < wanted.length; at += 1) {
    const code = wanted.charCodeAt(at);
    while (matched > 0 && wanted.charCodeAt(matched) !== code) matched = table[matched - 1] ?? 0;
    if (wanted.charCodeAt(matched) === code) matched += 1;
    table[at] = matched;
  }
  return table;
}

/** Numbers (from 1) of the lines that the first few of these positions are in. */
export function linesOf(text: string, positions: readonly number[], limit: number): readonly number[] {
  const lines: number[] = [];
  let line = 1;
  let newline = text.indexOf('\n');
  for (const position of positions.slice(0, limit)) {
    for (; newline !== -1 && newline < position; newline = text.indexOf('\n', newline + 1)) line += 1;
    lines.push(line);
  }
  return lines;
}

/** Puts another text at each of these positions. */
export function replaceAt(text: string, positions: readonly number[], length: number, replacement: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const position of positions) {
    parts.push(text.slice(from, position), replacement);
    from = position + length;
  }
  parts.push(text.slice(from));
  return parts.join('');
}
