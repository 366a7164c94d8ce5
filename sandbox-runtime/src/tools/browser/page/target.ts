import type { ElementHandle, Locator, Page } from 'playwright-core';

import { elementOf } from './elements.ts';
import { inAnyFrame, matching, type Wanted } from './find.ts';
import { onLivingDocument } from './living-document.ts';
import { PageError, plain } from './page-error.ts';
import type { PageTurn } from './run-on-page.ts';

export interface Target {
  readonly selector?: string | undefined;
  readonly index?: number | undefined;
}

/** Both do the same things; a locator looks again when the page has put another element in the place. */
export type Found = Locator | ElementHandle;

/** How long the reasons of a failure are looked for: the answer is late already. */
const DIAGNOSIS_MS = 400;

/** Finds what a call names and does something with it; says why not when that fails. */
export async function withTarget<T>(
  turn: PageTurn,
  target: Target,
  { wanted, verb }: { readonly wanted: Wanted; readonly verb: string },
  act: (found: Found, options: { readonly timeout: number }) => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const name = nameOf(target);
  try {
    const found = await onLivingDocument(turn, () => find(turn, target, wanted));
    return await act(found, { timeout: turn.left() });
  } catch (error) {
    if (!(error instanceof Error) || error instanceof PageError) throw error;
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    throw await explain(error, turn.page, { target, wanted, name, verb, seconds });
  }
}

export const nameOf = ({ selector, index }: Target): string =>
  selector === undefined ? `element ${index}` : `"${selector.slice(0, 200)}"`;

async function find({ page, left }: PageTurn, { selector, index }: Target, wanted: Wanted): Promise<Found> {
  if (selector === undefined) return elementOf(page, index ?? -1);
  const main = matching(page.mainFrame(), selector, wanted);
  // playwright-core waits by itself for what is not there yet.
  if (page.frames().length === 1 || (await main.count()) > 0) return main;
  return inAnyFrame(page, selector, { wanted, timeout: left() });
}

interface Failure {
  readonly target: Target;
  readonly wanted: Wanted;
  readonly name: string;
  readonly verb: string;
  readonly seconds: number;
}

/** playwright-core's own words are for programmers who have its manual. */
async function explain(error: Error, page: Page, failure: Failure): Promise<unknown> {
  const { target, name, verb, seconds } = failure;
  if (isBadSelector(error))
    return new PageError(`${name} is no valid selector: ${plain(error.message).split('\n')[0]}`, { cause: error });
  if (/not attached to the DOM|Element is not attached|JSHandle is disposed/.test(error.message))
    return new PageError(`${capital(name)} is not on the page any more: ask for the elements again.`, { cause: error });
  if (error.name !== 'TimeoutError') return error;
  const reason = await reasonOf(error.message, page, target);
  return new PageError(`${capital(name)} could not be ${verb} within ${seconds} seconds: ${reason}.`, { cause: error });
}

export const isBadSelector = ({ message }: Error): boolean =>
  /Unexpected token|is not a valid selector|Unknown engine|while parsing|InvalidSelector|not a valid XPath/i.test(message);

async function reasonOf(message: string, page: Page, { selector }: Target): Promise<string> {
  const [cover] = /<[^\n]{1,300} intercepts pointer events/.exec(message) ?? [];
  if (cover !== undefined) return `it is covered, ${cover}`;
  for (const [sign, words] of SIGNS) if (message.includes(sign)) return words;
  if (selector === undefined) return 'it is not visible';
  const matches = await countIn(page, selector);
  if (matches === 0) return 'nothing on the page matches';
  return matches === 1 ? 'what matches is not visible' : `none of the ${matches} elements that match is visible`;
}

const SIGNS: readonly (readonly [string, string])[] = [
  ['element is not enabled', 'it is disabled'],
  ['element is not editable', 'it can’t be edited'],
  ['element is outside of the viewport', 'it can’t be scrolled into view'],
  ['element is not stable', 'it never stops moving'],
  ['did not find some options', 'it has no such option'],
  ['option being selected is not enabled', 'the option is disabled'],
];

async function countIn(page: Page, selector: string): Promise<number> {
  const counts = page.frames().map((frame) => frame.locator(selector).count());
  const counted = Promise.allSettled(counts).then((all) =>
    all.reduce((sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0), 0),
  );
  return Promise.race([counted, new Promise<number>((resolve) => setTimeout(resolve, DIAGNOSIS_MS, 0))]);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
