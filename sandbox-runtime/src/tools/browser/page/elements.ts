import type { ElementHandle, JSHandle, Page } from 'playwright-core';

import { readFrames } from './frames.ts';
import { listElements, type ElementItem, type ElementList } from './in-page/list-elements.ts';
import { PageError } from './page-error.ts';

const MAX_ELEMENTS = 1000;

export interface ListedElement extends ElementItem {
  readonly index: number;
  /** Address of the frame that it is in, where that is not the page itself. */
  readonly frame?: string;
}

/** The elements of one frame, in the page. */
interface Part {
  readonly list: JSHandle<ElementList>;
  /** Index of its first. */
  readonly from: number;
  readonly count: number;
}

const lists = new WeakMap<Page, readonly Part[]>();

/** Lists what a person could use on the page. The indices hold until the next list, or until the page is another. */
export async function listPage(page: Page): Promise<{ elements: ListedElement[]; more: boolean }> {
  const elements: ListedElement[] = [];
  const parts: Part[] = [];
  let more = false;
  await readFrames(page, async ({ frame, x, y, prefix }) => {
    const list = await frame.evaluateHandle(listElements, MAX_ELEMENTS - elements.length);
    const found = await list.evaluate((all) => ({ items: all.items, more: all.more }));
    more ||= found.more;
    parts.push({ list, from: elements.length, count: found.items.length });
    for (const item of found.items) {
      const inside = prefix === '' ? {} : { frame: frame.url(), selector: prefix + item.selector };
      elements.push({ index: elements.length, ...item, x: item.x + x, y: item.y + y, ...inside });
    }
  });
  forget(page);
  lists.set(page, parts);
  return { elements, more };
}

/** @throws PageError when the index is none of the last list, or its element is not on the page any more */
export async function elementOf(page: Page, index: number): Promise<ElementHandle> {
  const parts = lists.get(page);
  if (parts === undefined)
    throw new PageError(`There is no list that index ${index} could be of: ask for the elements of this page first.`);
  const part = parts.find(({ from, count }) => index >= from && index < from + count);
  if (part === undefined) throw new PageError(`There is no element ${index}: the last list ends with ${lastOf(parts)}.`);
  const element = await pick(part, index - part.from).catch(() => undefined);
  if (element === undefined)
    throw new PageError(`Element ${index} is not on the page any more: ask for the elements again, their indices have changed.`);
  return element;
}

const lastOf = (parts: readonly Part[]): number => Math.max(...parts.map(({ from, count }) => from + count)) - 1;

async function pick({ list }: Part, at: number): Promise<ElementHandle | undefined> {
  const handle = await list.evaluateHandle((all, at) => all.elements[at], at);
  // An element of the page, by the function that listed it.
  const element = handle.asElement() as ElementHandle | null;
  if (element === null || !(await element.evaluate((node) => node.isConnected))) return undefined;
  return element;
}

function forget(page: Page): void {
  for (const { list } of lists.get(page) ?? []) void list.dispose().catch(() => {});
}
