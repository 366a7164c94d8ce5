import { describe, expect, it } from 'vitest';

import { createPage, MAX_LINE_CHARACTERS, type PageOptions } from './grep-matches.ts';
import type { RgEvent } from './ripgrep.ts';

const path = (type: 'begin' | 'end', text: string): RgEvent => ({ type, data: { path: { text } } });
const line = (type: 'match' | 'context', number: number, text = `${number}\n`): RgEvent => ({
  type,
  data: { line_number: number, lines: { text } },
});

function pageOf(events: readonly RgEvent[], options: Partial<PageOptions>) {
  const page = createPage({ before: 0, after: 0, offset: 0, limit: 10, fileOf: (file) => file, ...options });
  const read = events.findIndex((event) => page.take(event));
  return { ...page.result(), read };
}

describe('a page of matches', () => {
  const two = [path('begin', 'f'), line('context', 1), line('match', 2), line('match', 3), line('context', 4), path('end', 'f')];

  it('gives each of two close matches its own lines around', () => {
    const { matches } = pageOf(two, { before: 1, after: 1 });
    expect(matches.map((match) => [match.line, match.context_before, match.context_after])).toEqual([
      ['2', ['1'], ['3']],
      ['3', ['2'], ['4']],
    ]);
  });

  it('is not over before the lines after its last match are there', () => {
    const { matches, isTruncated, read } = pageOf(two, { after: 2, limit: 1 });
    expect([matches.length, matches[0]?.context_after, isTruncated, read]).toEqual([1, ['3', '4'], true, 4]);
  });

  it('has no lines of the file before, and none across a gap', () => {
    const events = [line('match', 1), path('end', 'f'), path('begin', 'g'), line('match', 2), line('match', 9)];
    const { matches, filesMatched } = pageOf([path('begin', 'f'), ...events], { before: 2, after: 2 });
    expect(matches.map((match) => [match.file, match.context_before])).toEqual([
      ['f', []],
      ['g', []],
      ['g', []],
    ]);
    expect(filesMatched).toBe(2);
  });

  it('begins after the offset and cuts endless lines', () => {
    const long = `${'x'.repeat(MAX_LINE_CHARACTERS - 1)}😀😀\n`;
    const { matches } = pageOf([path('begin', 'f'), line('match', 1), line('match', 2, long)], { offset: 1 });
    expect(matches.map((match) => [match.line_number, match.line.length, match.line.isWellFormed()])).toEqual([
      [2, MAX_LINE_CHARACTERS, true],
    ]);
  });

  it('reads text that is no UTF-8', () => {
    const event: RgEvent = {
      type: 'match',
      data: { line_number: 1, lines: { bytes: Buffer.from([0xff, 65, 10]).toString('base64') } },
    };
    expect(pageOf([path('begin', 'f'), event], {}).matches[0]?.line).toBe('\ufffdA');
  });
});
