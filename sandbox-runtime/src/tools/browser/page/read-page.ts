import type { Page } from 'playwright-core';

import { readFrames } from './frames.ts';
import { findText, type FoundText } from './in-page/find-text.ts';
import { readHtml, readText } from './in-page/read-text.ts';

const MAX_TEXT = 2_000_000;
const MAX_HTML = 5_000_000;
const MAX_OCCURRENCES = 500;

export interface Cut {
  readonly text: string;
  readonly cut: boolean;
}

export async function htmlOf(page: Page, outer: boolean): Promise<Cut> {
  return cutAt(await page.evaluate(readHtml, { outer, most: MAX_HTML }), MAX_HTML);
}

/** Of the page and then of each frame that a person sees. */
export async function textOf(page: Page): Promise<Cut> {
  const parts = await readFrames(page, ({ frame }) => frame.evaluate(readText, MAX_TEXT));
  return cutAt(
    parts
      .map(([, text]) => text)
      .filter((text, at) => at === 0 || text.trim() !== '')
      .join('\n'),
    MAX_TEXT,
  );
}

export interface Occurrence extends FoundText {
  readonly index: number;
  readonly frame?: string;
}

export async function occurrencesOf(page: Page, keyword: string): Promise<Occurrence[]> {
  const occurrences: Occurrence[] = [];
  await readFrames(page, async ({ frame, x, y, prefix }) => {
    for (const found of await frame.evaluate(findText, { keyword, most: MAX_OCCURRENCES - occurrences.length })) {
      const inside = prefix === '' ? {} : { frame: frame.url(), selector: prefix + found.selector };
      occurrences.push({ index: occurrences.length, ...found, x: found.x + x, y: found.y + y, ...inside });
    }
  });
  return occurrences;
}

const cutAt = (text: string, most: number): Cut => ({ text: text.slice(0, most), cut: text.length > most });
