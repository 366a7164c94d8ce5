import { pageFunction } from './page-function.ts';
import { SHARED_SOURCE } from './shared-source.ts';

export interface FoundText {
  readonly text: string;
  readonly context: string;
  readonly tag: string;
  readonly selector: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly in_viewport: boolean;
}

/**
 * Where visible text of a frame has the keyword. A keyword may begin in one element and end in the next: what stands in one block
 * is read as one line.
 */
export const findText = pageFunction<[options: { readonly keyword: string; readonly most: number }], FoundText[]>(
  String.raw`(({ keyword, most }) => {
${SHARED_SOURCE}
const fold = (text) => {
  const low = text.toLowerCase();
  /* A few letters change their length: then only places in the text itself are right. */
  return low.length === text.length ? low : text;
};
const wanted = fold(keyword.replace(/\s+/g, ' '));
const found = [];
let line = '';
let pieces = [];
const flush = () => {
  if (wanted !== '' && line.length >= wanted.length) search();
  line = '';
  pieces = [];
};
const pieceAt = (at) => {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pieces[middle].from <= at) low = middle; else high = middle - 1;
  }
  return pieces[low];
};
const search = () => {
  const folded = fold(line);
  for (let at = folded.indexOf(wanted); at !== -1 && found.length < most; at = folded.indexOf(wanted, at + wanted.length)) {
    const first = pieceAt(at);
    const last = pieceAt(at + wanted.length - 1);
    const range = document.createRange();
    range.setStart(first.node, first.places[at - first.from]);
    range.setEnd(last.node, last.places[at + wanted.length - 1 - last.from] + 1);
    const rect = range.getBoundingClientRect();
    if (rect.width === 0 && rect.height === 0) continue;
    const common = range.commonAncestorContainer;
    const el = common.nodeType === 1 ? common : common.parentElement || first.node.parentElement;
    const from = Math.max(0, at - 60);
    const to = Math.min(line.length, at + wanted.length + 60);
    found.push(Object.assign({ text: line.slice(at, at + wanted.length),
      context: (from > 0 ? '…' : '') + line.slice(from, to).trim() + (to < line.length ? '…' : ''),
      tag: el ? el.localName : '', selector: el ? selectorOf(el) : '' }, placeOf(rect)));
  }
};
const addText = (node) => {
  const places = [];
  const from = line.length;
  const { data } = node;
  let added = '';
  for (let at = 0; at < data.length; at += 1) {
    const space = /\s/.test(data[at]);
    if (space && (line + added).endsWith(' ')) continue;
    added += space ? ' ' : data[at];
    places.push(at);
  }
  if (added === '') return;
  line += added;
  pieces.push({ node, from, places });
};
const END = {};
const stack = [document.body || document.documentElement];
while (stack.length > 0 && found.length < most) {
  const node = stack.pop();
  if (node === END) { flush(); continue; }
  if (!node) continue;
  if (node.nodeType === 3) { if (line.length < 1000000) addText(node); continue; }
  if (node.nodeType !== 1 || /^(script|style|noscript|template|textarea|select)$/.test(node.localName)) continue;
  const style = getComputedStyle(node);
  if (style.display === 'none' || style.visibility !== 'visible' && node.childElementCount === 0) continue;
  const inline = /^(inline|contents|ruby)/.test(style.display) && node.localName !== 'br';
  if (!inline) { flush(); stack.push(END); }
  const children = childrenOf(node);
  for (let at = children.length - 1; at >= 0; at -= 1) stack.push(children[at]);
}
flush();
return found;
})`,
);
