import type { GrepMatch } from '@sandfleet/contract/runtime';

import { textOf, type RgEvent } from './ripgrep.ts';

/** Characters of one line in an answer, and of all its lines together. */
export const MAX_LINE_CHARACTERS = 65_536;
const MAX_CHARACTERS = 16 * 1024 * 1024;

export interface PageOptions {
  readonly before: number;
  readonly after: number;
  /** Matches to pass over. */
  readonly offset: number;
  readonly limit: number;
  /** What a path of ripgrep's is called in the answer. */
  readonly fileOf: (path: string) => string;
}

interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** Makes one page of matches out of ripgrep's report, each with the lines around it: two close matches share lines, the report does not. */
export function createPage({ before, after, offset, limit, fileOf }: PageOptions) {
  const matches: GrepMatch[] = [];
  const files = new Set<string>();
  let seen = 0;
  let characters = 0;
  let isTruncated = false;
  let file = '';
  // The last lines of this file, and the matches that still lack lines after them.
  let recent: NumberedLine[] = [];
  let open: string[][] = [];

  function begin(path: string): void {
    file = fileOf(path);
    [recent, open] = [[], []];
  }

  function add(number: number, text: string): void {
    seen += 1;
    if (seen <= offset) return;
    const content = shown(text);
    characters += content.length;
    isTruncated ||= matches.length === limit || (characters > MAX_CHARACTERS && matches.length > 0);
    if (isTruncated) return;
    const following: string[] = [];
    const lines = recent.filter((line) => line.number >= number - before).map((line) => line.text);
    for (const line of lines) characters += line.length;
    matches.push({
      file,
      line_number: number,
      line_content: content,
      line: content,
      ...(before > 0 ? { context_before: lines } : {}),
      ...(after > 0 ? { context_after: following } : {}),
    });
    files.add(file);
    if (after > 0) open.push(following);
  }

  function follow(lines: readonly string[]): void {
    for (const following of open) {
      for (const line of lines.slice(0, after - following.length)) {
        characters += line.length;
        following.push(line);
      }
    }
    open = open.filter((following) => following.length < after);
  }

  return {
    /** Returns whether the page is full and whole, so that nothing more need be read. */
    take(event: RgEvent): boolean {
      if (event.type === 'begin') begin(textOf(event.data.path));
      if (event.type === 'end') open = [];
      if (event.type === 'match' || event.type === 'context') {
        const number = event.data.line_number ?? 0;
        const text = textOf(event.data.lines);
        const lines = before + after === 0 ? [] : text.replace(/\n$/, '').split('\n', MAX_SPLIT).map(shown);
        follow(lines);
        if (event.type === 'match') add(number, text);
        recent = [...recent, ...lines.map((line, index) => ({ number: number + index, text: line }))].slice(-Math.max(before, 1));
      }
      return isTruncated && open.length === 0;
    },
    result: () => ({ matches, filesMatched: files.size, isTruncated }),
  };
}

/** Lines of one match over many lines that count as lines around another. */
const MAX_SPLIT = 10_000;

/** Without its newline, and no longer than an answer should hold. */
function shown(text: string): string {
  const line = text.endsWith('\n') ? text.slice(0, text.endsWith('\r\n') ? -2 : -1) : text.replace(/\r$/, '');
  return line.length > MAX_LINE_CHARACTERS ? line.slice(0, MAX_LINE_CHARACTERS).toWellFormed() : line;
}
