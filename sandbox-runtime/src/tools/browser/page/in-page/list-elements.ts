import { pageFunction } from './page-function.ts';
import { SHARED_SOURCE } from './shared-source.ts';

const ELEMENTS_SOURCE = String.raw`((most) => {
${SHARED_SOURCE}
const TAGS = new Set(['a', 'button', 'input', 'select', 'textarea', 'summary', 'option', 'label', 'audio', 'video', 'area']);
const ROLES = new Set(['button', 'link', 'checkbox', 'radio', 'switch', 'tab', 'menuitem', 'menuitemcheckbox', 'menuitemradio',
  'option', 'combobox', 'listbox', 'textbox', 'searchbox', 'slider', 'spinbutton', 'treeitem', 'gridcell']);
const ROLE_OF_INPUT = { button: 'button', submit: 'button', reset: 'button', image: 'button', checkbox: 'checkbox',
  radio: 'radio',
  range: 'slider', number: 'spinbutton', search: 'searchbox', file: 'button' };

const roleOf = (el) => {
  const given = (el.getAttribute('role') || '').trim().split(/\s+/)[0];
  if (given) return given;
  const tag = el.localName;
  if (tag === 'a' || tag === 'area') return el.hasAttribute('href') ? 'link' : '';
  if (tag === 'button' || tag === 'summary') return 'button';
  if (tag === 'select') return el.multiple || el.size > 1 ? 'listbox' : 'combobox';
  if (tag === 'textarea' || el.isContentEditable) return 'textbox';
  if (tag === 'input') return ROLE_OF_INPUT[el.type] || 'textbox';
  return '';
};
/* pointer is inherited: only where it begins does it say that this element is to be clicked. */
const isUsable = (el, pointerBefore, pointer) => {
  const tag = el.localName;
  if (tag === 'input') return el.type !== 'hidden';
  if (tag === 'a' || tag === 'area') return el.hasAttribute('href') || el.hasAttribute('onclick') || (pointer && !pointerBefore);
  if (tag === 'label' || tag === 'option') return false;
  if (tag === 'audio' || tag === 'video') return el.controls;
  if (TAGS.has(tag)) return true;
  if (ROLES.has(roleOf(el))) return true;
  if (el.isContentEditable && !(el.parentElement && el.parentElement.isContentEditable)) return true;
  if (el.hasAttribute('onclick')) return true;
  const tabindex = el.getAttribute('tabindex');
  if (tabindex !== null && Number(tabindex) >= 0 && tag !== 'body') return true;
  return pointer && !pointerBefore && tag !== 'html' && tag !== 'body';
};
const labelOf = (el) => {
  const by = el.getAttribute('aria-labelledby');
  if (by) {
    const root = el.getRootNode();
    const text = by.trim().split(/\s+/).map((id) => { const found = root.getElementById && root.getElementById(id);
      return found ? found.textContent : ''; }).join(' ');
    if (text.trim()) return text;
  }
  return el.getAttribute('aria-label') || (el.labels && el.labels.length > 0 && el.labels[0].innerText) || '';
};
const textOf = (el) => {
  const tag = el.localName;
  if (tag === 'input' || tag === 'select' || tag === 'textarea') {
    const own = ['button', 'submit', 'reset'].includes(el.type) ? el.value || el.type : '';
    return own || labelOf(el) || el.getAttribute('placeholder') || el.getAttribute('title') || el.getAttribute('alt') || '';
  }
  const image = el.querySelector && el.querySelector('img[alt], svg title');
  return el.innerText || labelOf(el) || el.getAttribute('title') ||
    (image ? image.getAttribute('alt') || image.textContent : '') || '';
};
const describe = (el, rect) => {
  const tag = el.localName;
  const item = { tag, text: squeeze(textOf(el), 200), selector: selectorOf(el) };
  const add = (key, value) => { if (value !== undefined && value !== null && value !== '') item[key] = value; };
  add('role', roleOf(el));
  for (const name of ['id', 'name', 'placeholder', 'title', 'aria-label'])
    add(name.replace('-', '_'), squeeze(el.getAttribute(name), 200));
  if (tag === 'a' || tag === 'area') add('href', squeeze(typeof el.href === 'string' ? el.href : el.getAttribute('href'), 2000));
  if (tag === 'input' || tag === 'button') add('type', el.type);
  if (tag === 'input' || tag === 'textarea') {
    if (el.type === 'checkbox' || el.type === 'radio') item.checked = el.checked;
    else if (el.type !== 'password' && el.type !== 'file') add('value', squeeze(el.value, 500));
    if (el.required) item.required = true;
    if (el.readOnly) item.readonly = true;
  }
  if (tag === 'select') {
    add('value', squeeze(el.value, 500));
    item.options = [...el.options].slice(0, 100).map((option) => ({ value: squeeze(option.value, 200),
      label: squeeze(option.label, 200), selected: option.selected }));
  }
  for (const state of ['checked', 'expanded', 'selected', 'pressed']) add('aria_' + state, el.getAttribute('aria-' + state));
  if (el.disabled || el.getAttribute('aria-disabled') === 'true') item.disabled = true;
  return Object.assign(item, placeOf(rect));
};

const items = [];
const elements = [];
let more = false;
/* A stack of its own: a page may nest deeper than JavaScript's goes. */
const stack = [[document.documentElement, false]];
while (stack.length > 0) {
  const [node, pointerBefore] = stack.pop();
  if (!node || node.nodeType !== 1) continue;
  if (node.localName === 'script' || node.localName === 'style' || node.localName === 'template') continue;
  const style = getComputedStyle(node);
  if (style.display === 'none') continue;
  const pointer = style.cursor === 'pointer';
  if (isUsable(node, pointerBefore, pointer) && isShown(node)) {
    const rect = node.getBoundingClientRect();
    if (rect.width > 0 && rect.height > 0) {
      if (items.length === most) {
        more = true;
        break;
      }
      items.push(describe(node, rect));
      elements.push(node);
    }
  }
  if (node.localName === 'svg' || node.localName === 'select') continue;
  const children = childrenOf(node);
  for (let at = children.length - 1; at >= 0; at -= 1) stack.push([children[at], pointer]);
}
return { items, elements, more };
})`;

export interface ElementItem {
  readonly tag: string;
  readonly text: string;
  readonly selector: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly in_viewport: boolean;
}

export interface ElementList {
  readonly items: ElementItem[];
  /** Of the page: they come here as handles alone. */
  readonly elements: readonly unknown[];
  readonly more: boolean;
}

/** Of a frame: what is to say of each element that a person could use, and the elements themselves in the same order. */
export const listElements = pageFunction<[most: number], ElementList>(ELEMENTS_SOURCE);
