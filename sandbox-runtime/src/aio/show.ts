const MOST_WIDTH = 60;

/** Text that a page or a program made may hold sequences that move the cursor or write into the clipboard of a terminal. */
export const harmless = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- these are what it is about
  text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, (character) => (character === '\r' ? '' : '\uFFFD'));

/** An answer for people: a list of things as a table, one thing as its fields, text as it is. */
export function show(data: unknown): string {
  return harmless(lines(data, 0).join('\n'));
}

function lines(data: unknown, depth: number): string[] {
  if (data === undefined || data === null) return depth === 0 ? ['Done.'] : ['-'];
  if (Array.isArray(data)) return listLines(data);
  if (typeof data !== 'object') return plain(data).replace(/\n$/, '').split('\n');
  return fieldLines(data, depth);
}

function listLines(list: readonly unknown[]): string[] {
  if (list.length === 0) return ['(none)'];
  const rows = list.filter((item): item is Readonly<Record<string, unknown>> => typeof item === 'object' && item !== null);
  return rows.length === list.length ? table(rows) : list.map((item) => cell(item));
}

/** Columns are the fields that fit into a cell. */
function table(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.filter((name) => rows.some((row) => row[name] !== undefined && !isNested(row[name])));
  const body = rows.map((row) => columns.map((name) => shortened(cell(row[name]))));
  const widths = columns.map((name, at) => Math.max(name.length, ...body.map((cells) => cells[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns.map((name) => name.toUpperCase())), ...body.map(line)];
}

function fieldLines(data: object, depth: number): string[] {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return ['Done.'];
  const width = Math.max(...entries.filter(([, value]) => !isBlock(value)).map(([name]) => name.length), 0);
  return entries.flatMap(([name, value]) => {
    if (!isBlock(value)) return [`${name.padEnd(width)}  ${cell(value)}`];
    const inner = depth > 3 ? [JSON.stringify(value)] : lines(value, depth + 1);
    return [`${name}:`, ...inner.map((line) => `  ${line}`)];
  });
}

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isBlock = (value: unknown): boolean => isNested(value) || (typeof value === 'string' && value.includes('\n'));

function cell(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : plain(value).replaceAll(/\s*\n\s*/g, ' ');
}

/** JSON has no values but these. */
const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const shortened = (text: string): string => (text.length > MOST_WIDTH ? `${text.slice(0, MOST_WIDTH - 1)}…` : text);

/** The text of an answer for a file. */
export function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  if (typeof data === 'object' && data !== null && 'content' in data && typeof data.content === 'string') return data.content;
  return `${JSON.stringify(data ?? null, null, 2)}\n`;
}
