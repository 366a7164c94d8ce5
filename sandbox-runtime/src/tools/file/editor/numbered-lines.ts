/** Characters of one answer's text; more only fills an agent's memory. */
export const OUTPUT_LIMIT = 100_000;
const NUMBER_WIDTH = 6;

export interface NumberedLines {
  readonly text: string;
  /** Whether lines were left out because the text would be too long. */
  readonly truncated: boolean;
  /** Number of the first line that was left out. */
  readonly next: number;
}

/** Lines as `cat -n` prints them, up to the limit. Only as much of the text is looked at as comes out. */
export function numberLines(text: string, firstNumber = 1, limit = OUTPUT_LIMIT): NumberedLines {
  let out = '';
  let number = firstNumber;
  for (let at = 0; at < text.length || number === firstNumber; number += 1) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
    const room = limit - out.length;
    const shown = `${String(number).padStart(NUMBER_WIDTH)}\t${line}\n`;
    if (shown.length > room) {
      // A single line beyond the limit is shown in part, or there would be no way to see any of it.
      if (number === firstNumber) return { text: `${shown.slice(0, room)}…\n`, truncated: true, next: number + 1 };
      return { text: out, truncated: true, next: number };
    }
    out += shown;
    if (newline === -1) return { text: out, truncated: false, next: number + 1 };
    at = newline + 1;
  }
  return { text: out, truncated: false, next: number };
}

/** How many lines a text has; the newline at its end begins no further one. */
export function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return text === '' || text.endsWith('\n') ? count : count + 1;
}

/** Where line `line` (from 0) begins, or the end of the text. */
export function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let passed = 0; passed < line; passed += 1) {
    const newline = text.indexOf('\n', offset);
    if (newline === -1) return text.length;
    offset = newline + 1;
  }
  return offset;
}

const CONTEXT_LINES = 4;

/** The lines around an edit: from `first` (from 0), `count` lines long. */
export function snippet(text: string, first: number, count: number): string {
  const from = Math.max(0, first - CONTEXT_LINES);
  const begin = offsetOfLine(text, from);
  const rest = text.slice(begin);
  const shown = rest.slice(0, offsetOfLine(rest, first - from + count + CONTEXT_LINES));
  const { text: lines, truncated } = numberLines(shown, from + 1);
  return truncated ? `${lines}(The rest of the snippet is left out; view the file with view_range to see it.)\n` : lines;
}
