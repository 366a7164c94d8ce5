import type { ElementHandle, Page } from 'playwright-core';

import { chosenIn, clickUnseen, fieldOf, focused, optionsOf } from './in-page/field.ts';
import { PageError } from './page-error.ts';
import type { Found } from './target.ts';

export interface Timeout {
  readonly timeout: number;
}

export type Option = { readonly value: string } | { readonly label: string } | { readonly index: number };

/** Puts text where text goes; in a list it is the value or the label of an option, for a box whether it is ticked. */
export async function fillField(found: Found, text: string, options: Timeout): Promise<void> {
  const { tag, type } = await describe(found, options);
  if (tag === 'select') return void (await chooseByText(found, text, options));
  if (tag === 'input' && (type === 'checkbox' || type === 'radio')) return setTicked(found, isTrue(text), options);
  await found.fill(text, options);
}

export async function setTicked(found: Found, ticked: boolean, options: Timeout): Promise<void> {
  const field = await describe(found, options);
  if (field.checked === ticked && (field.type === 'checkbox' || field.type === 'radio')) return;
  if (field.visible || field.tag !== 'input') return found.setChecked(ticked, options);
  // A page that draws its own box hides the real one; what a person clicks there comes down to this.
  if ((await (found as ElementHandle).evaluate(clickUnseen)) !== ticked)
    throw new PageError(`The ${field.type} did not become ${ticked ? 'ticked' : 'unticked'}.`);
}

/** @throws PageError that lists what there is, at once: an option that is not there is rarely on its way */
export async function choose(found: Found, option: Option, options: Timeout): Promise<{ value: string; label: string }[]> {
  const all = await evaluateOn(found, optionsOf);
  if (all.length > 0 && !isThere(all, option)) {
    const known = all.slice(0, 20).map(({ value, label }) => (value === label ? value : `${label} (${value})`));
    throw new PageError(`The list has no option ${JSON.stringify(option)}; it has ${known.join(', ').slice(0, 1000)}.`);
  }
  await found.selectOption(option, options);
  return evaluateOn(found, chosenIn);
}

const isThere = (all: readonly { value: string; label: string }[], option: Option): boolean => {
  if ('index' in option) return option.index < all.length;
  const same = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  return 'value' in option
    ? all.some(({ value }) => value === option.value)
    : all.some(({ label }) => same(label) === same(option.label));
};

async function chooseByText(found: Found, text: string, options: Timeout) {
  const all = await evaluateOn(found, optionsOf);
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

async function describe(found: Found, options: Timeout) {
  // A locator waits for its element first; a handle has it.
  if ('waitFor' in found) await found.waitFor({ state: 'attached', ...options });
  return evaluateOn(found, fieldOf);
}

/** Both kinds take the same function of an element. */
export const evaluateOn = <R>(found: Found, read: (element: unknown) => R): Promise<R> =>
  (found as ElementHandle).evaluate(read) as Promise<R>;
