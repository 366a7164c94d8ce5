import { pageFunction } from './page-function.ts';

/** What a field is, for choosing how to fill it. */
export interface Field {
  readonly tag: string;
  readonly type: string;
  readonly checked: boolean;
  readonly value: string;
  readonly visible: boolean;
  readonly editable: boolean;
}

/** A label stands for its field. */
export const fieldOf = pageFunction<[element: unknown], Field>(String.raw`((el) => {
  const field = el.localName === 'label' && el.control ? el.control : el;
  const rect = field.getBoundingClientRect();
  const value = field.type === 'password' || field.type === 'file' ? '' : field.value;
  return { tag: field.localName, type: String(field.type || '').toLowerCase(), checked: field.checked === true,
    value: typeof value === 'string' ? value.slice(0, 1000) : '',
    visible: field.checkVisibility() && rect.width > 0 && rect.height > 0, editable: field.isContentEditable === true };
})`);

/** Clicks a box that a person can't, and says whether it is ticked then. */
export const clickUnseen = pageFunction<[element: unknown], boolean>(String.raw`((el) => {
  const field = el.localName === 'label' && el.control ? el.control : el;
  field.click();
  return field.checked === true;
})`);

/** What is chosen in a list. */
export const chosenIn = pageFunction<[element: unknown], { readonly value: string; readonly label: string }[]>(
  String.raw`((el) => {
  const list = el.localName === 'label' && el.control ? el.control : el;
  const shown = (one) => ({ value: one.value.slice(0, 1000), label: one.label.slice(0, 1000) });
  return [...(list.selectedOptions || [])].slice(0, 100).map(shown);
})`,
);

/** What the options of a list are called, for the message about one that is not there. */
export const optionsOf = pageFunction<[element: unknown], { readonly value: string; readonly label: string }[]>(
  String.raw`((el) => {
  const list = el.localName === 'label' && el.control ? el.control : el;
  const shown = (one) => ({ value: one.value.slice(0, 1000), label: one.label.slice(0, 1000) });
  return [...(list.options || [])].slice(0, 1000).map(shown);
})`,
);

/** The element that has the focus, inside shadow roots too; none when that is the page as a whole. */
export const focused = pageFunction<[], unknown>(String.raw`(() => {
  let el = document.activeElement;
  while (el && el.shadowRoot && el.shadowRoot.activeElement) el = el.shadowRoot.activeElement;
  return el === document.body || el === document.documentElement ? null : el;
})`);
