import { pageFunction } from './page-function.ts';

/** What a person can read in a frame; at most so many characters and one more, by which it shows that there are more. */
export const readText = pageFunction<[most: number], string>(String.raw`((most) => {
  const root = document.body || document.documentElement;
  const text = root ? (root.innerText === undefined ? root.textContent : root.innerText) : '';
  return String(text || '').slice(0, most + 1);
})`);

export const readHtml = pageFunction<[options: { readonly outer: boolean; readonly most: number }], string>(
  String.raw`(({ outer, most }) => {
  const root = document.documentElement;
  if (!root) return '';
  if (!outer) return root.innerHTML.slice(0, most + 1);
  const type = document.doctype ? new XMLSerializer().serializeToString(document.doctype) + '\n' : '';
  return (type + root.outerHTML).slice(0, most + 1);
})`,
);
