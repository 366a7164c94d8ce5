import { pageFunction } from './page-function.ts';

export interface ScrollState {
  readonly x: number;
  readonly y: number;
  /** The furthest places there are. */
  readonly max_x: number;
  readonly max_y: number;
  /** Of what was scrolled, where that is not the page as a whole. */
  readonly scrolled?: string;
}

/** What the page as a whole can't scroll is most often in one large part of it. */
const SCROLLER = String.raw`
const page = document.scrollingElement || document.documentElement;
const can = (el, dx, dy) => (dy && el.scrollHeight > el.clientHeight + 1) || (dx && el.scrollWidth > el.clientWidth + 1);
const scrolls = (el) => { const s = getComputedStyle(el); return /auto|scroll|overlay/.test(s.overflowY + s.overflowX); };
const pick = (dx, dy) => {
  const overflow = (el) => el ? getComputedStyle(el).overflowY : '';
  const locked = /hidden|clip/.test(overflow(document.documentElement) + overflow(document.body));
  if (can(page, dx, dy) && !locked) return page;
  let best = page;
  let most = 0;
  for (const el of [...document.querySelectorAll('*')].slice(0, 50000)) {
    if (el.clientHeight < 50 || el.clientWidth < 50 || !can(el, dx, dy) || !scrolls(el)) continue;
    const r = el.getBoundingClientRect();
    const wide = Math.max(0, Math.min(r.right, innerWidth) - Math.max(r.left, 0));
    const seen = wide * Math.max(0, Math.min(r.bottom, innerHeight) - Math.max(r.top, 0));
    if (seen > most) { best = el; most = seen; }
  }
  return best;
};
const state = (el) => {
  const at = { x: Math.round(el.scrollLeft), y: Math.round(el.scrollTop),
    max_x: Math.max(0, Math.round(el.scrollWidth - el.clientWidth)),
    max_y: Math.max(0, Math.round(el.scrollHeight - el.clientHeight)) };
  if (el !== page) at.scrolled = el.localName + (el.id ? '#' + el.id : '');
  return at;
};
`;

export const scrollBy = pageFunction<[by: readonly [number, number]], ScrollState>(String.raw`(([dx, dy]) => {
${SCROLLER}
const el = pick(dx !== 0, dy !== 0);
el.scrollBy({ left: dx, top: dy, behavior: 'instant' });
return state(el);
})`);

export const scrollTo = pageFunction<[to: readonly [number, number]], ScrollState>(String.raw`(([x, y]) => {
${SCROLLER}
const el = pick(true, true);
el.scrollTo({ left: x, top: y, behavior: 'instant' });
return state(el);
})`);
