import type { Frame, Page } from 'playwright-core';

/**
 * What of a page is wider than it, or out of its sides, so that a person must scroll sideways or can't reach it: lists that are
 * made to be scrolled may be longer.
 */
export function overflowOf(page: Page | Frame): Promise<readonly string[]> {
  // Text, since it runs in the page.
  return page.evaluate<readonly string[]>(`(() => {
    const root = document.documentElement;
    const wide = root.scrollWidth > innerWidth ? ['the page is ' + root.scrollWidth + ' wide, of ' + innerWidth] : [];
    const scrolls = (element) => {
      for (let at = element.parentElement; at; at = at.parentElement)
        if (/auto|scroll/.test(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth) return true;
      return false;
    };
    const out = [...document.querySelectorAll('button, a, summary, input, iframe, [role=tab]')].filter((element) => {
      const { left, right, width, height } = element.getBoundingClientRect();
      return width > 0 && height > 0 && (left < -1 || right > innerWidth + 1) && element.checkVisibility() && !scrolls(element);
    });
    return [...wide, ...out.map((element) => element.outerHTML.slice(0, 120))];
  })()`);
}
