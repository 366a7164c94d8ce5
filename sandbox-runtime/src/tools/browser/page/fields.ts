import type { ElementHandle, Page } from 'playwright-core';

import { within } from '../session/until.ts';
import { chosenIn, clickUnseen, fieldOf, focused, optionsOf } from './in-page/field.ts';
import { hasMovedOn, PageError } from './page-error.ts';
import type { Found } from './target.ts';

export interface Timeout {
  readonly timeout: number;
}

interface Shown {
  readonly value: string;
  readonly label: string;
}

/** What the list gets to say what is chosen now: it was there a moment ago. */
const CHOSEN_MS = 1000;

export type Option = { readonly value: string } | { readonly label: string } | { readonly index: number };

/** Puts text where text goes; in a list it is the value or the label of an option, for a box whether it is ticked. */
export async function fillField(found: Found, text: string, options: Timeout): Promise<void> {
  const { tag, type } = await evaluateOn(found, fieldOf, options);
  if (tag === 'select') return void (await chooseByText(found, text, options));
  if (tag === 'input' && (type === 'checkbox' || type === 'radio')) return setTicked(found, isTrue(text), options);
  await found.fill(text, options);
}

export async function setTicked(found: Found, ticked: boolean, options: Timeout): Promise<void> {
  const field = await evaluateOn(found, fieldOf, options);
  if (field.checked === ticked && (field.type === 'checkbox' || field.type === 'radio')) return;
  if (field.visible || field.tag !== 'input') return found.setChecked(ticked, options);
  // A page that draws its own box hides the real one; what a person clicks there comes down to this.
  if ((await (found as ElementHandle).evaluate(clickUnseen)) !== ticked)
    throw new PageError(`The ${field.type} did not become ${ticked ? 'ticked' : 'unticked'}.`);
}

/** @throws PageError that lists what there is, at once: an option that is not there is rarely on its way */
export async function choose(found: Found, option: Option, options: Timeout): Promise<Shown[]> {
  const all = await evaluateOn(found, optionsOf, options);
  if (all.length > 0 && !all.some((one, index) => isMeant(one, index, option))) {
    const known = all.slice(0, 20).map(({ value, label }) => (value === label ? value : `${label} (${value})`));
    throw new PageError(`The list has no option ${JSON.stringify(option)}; it has ${known.join(', ').slice(0, 1000)}.`);
  }
  await found.selectOption(option, options);
  // A list may take the page to another document, which has none like it: then it is what was asked for.
  const asked = all.filter((one, index) => isMeant(one, index, option)).slice(0, 1);
  return within(CHOSEN_MS, evaluateOn(found, chosenIn, { timeout: CHOSEN_MS }), asked);
}

function isMeant({ value, label }: Shown, at: number, option: Option): boolean {
  if ('index' in option) return option.index === at;
  const same = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  return 'value' in option ? value === option.value : same(label) === same(option.label);
}

async function chooseByText(found: Found, text: string, options: Timeout) {
  const all = await evaluateOn(found, optionsOf, options);
  return choose(found, all.some(({ value }) => value === text) ? { value: text } : { label: text }, options);
}

/** @throws PageError when the focus is on nothing that could be filled */
export async function focusedField(page: Page): Promise<ElementHandle> {
  for (const frame of page.frames()) {
    // The focus inside a frame shows outside as the frame itself.
    const element = (await frame.evaluateHandle(focused).catch(() => undefined))?.asElement() as ElementHandle | null | undefined;
    if (element && !/^(?:iframe|frame)$/.test((await element.evaluate(fieldOf)).tag)) return element;
  }
  throw new PageError('No field has the focus: name one by selector or index, or click it first.');
}

const isTrue = (text: string): boolean => /^(?:true|on|yes|1|checked)$/i.test(text.trim());

/**
 * What `read` sees of an element. A handle has it; a locator waits for it, and finds it again when the page goes to another
 * document meanwhile.
 */
export async function evaluateOn<R>(found: Found, read: (element: unknown) => R, { timeout }: Timeout): Promise<R> {
  // Both kinds take the same function of an element.
  if (!('waitFor' in found)) return found.evaluate(read as (element: unknown) => never);
  const end = performance.now() + timeout;
  for (;;) {
    const left = { timeout: Math.max(1, end - performance.now()) };
    try {
      await found.waitFor({ state: 'attached', ...left });
      return await found.evaluate(read as (element: unknown) => never, undefined, left);
    } catch (error) {
      if (!hasMovedOn(error) || performance.now() >= end) throw error;
    }
  }
}
