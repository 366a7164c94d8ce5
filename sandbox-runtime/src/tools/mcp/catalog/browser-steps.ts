import type { InnerCall } from '../calls/inner-call.ts';
import { asList, asObject, shown, textOf, type Arguments, type Presented } from './tool-definition.ts';

/** The selector of an element that is given by its selector or by its number in the list of elements; undefined for neither. */
export async function selectorOf({ selector, index }: Arguments, call: InnerCall): Promise<string | undefined> {
  if (selector !== undefined || index === undefined) return textOf(selector);
  const { data } = await call('GET /v1/browser/page/elements', {});
  const element = asList(data).find((entry) => asObject(entry)['index'] === index);
  const found = textOf(asObject(element)['selector']);
  if (found === undefined) throw new Error(`There is no element ${shown(index)} in the page now: list the elements again.`);
  return found;
}

export async function activeTab(call: InnerCall): Promise<unknown> {
  const { data } = await call('GET /v1/browser/tabs', {});
  const tab = asObject(asList(data).find((entry) => asObject(entry)['active'] === true));
  if (tab['index'] === undefined) throw new Error('No tab is active.');
  return tab['index'];
}

const TO_THE_END = 'window.scrollTo(0, document.documentElement.scrollHeight); null';

/** Without an amount and a direction it goes to the end of the page. */
export async function scroll({ amount, direction }: Arguments, call: InnerCall): Promise<Presented> {
  if (amount === undefined && direction === undefined) {
    const { data } = await call('POST /v1/browser/page/evaluate', { expression: TO_THE_END });
    return { text: 'Scrolled to the end of the page.', data };
  }
  const { data } = await call('POST /v1/browser/page/scroll', { direction, amount });
  return { text: 'Scrolled.', data };
}
