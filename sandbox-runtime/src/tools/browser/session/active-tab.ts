import type { Page } from 'playwright-core';

import { quoted, type Notices } from './notices.ts';
import type { TabList } from './tab-list.ts';
import { within } from './until.ts';

/** A page that does not say within this time whether it is seen hangs; another is asked. */
const ASK_MS = 1500;
/** What the address of a crashed tab gets to answer in the one that replaces it. */
const REOPEN_MS = 10_000;
/** A tab that crashes again so soon would crash for ever. */
const CRASH_AGAIN_MS = 30_000;

/**
 * Which tab the calls work on: the one that is in front, whoever put it there: a person at the screen, a client of DevTools, or
 * the page itself. Of several windows it is the one with the focus, or else the one used last.
 */
export class ActiveTab {
  readonly #tabs: TabList;
  readonly #notices: Notices;
  readonly #crashed = new Set<Page>();
  readonly #replacements = new WeakMap<Page, number>();
  #current: Page | undefined;

  constructor(tabs: TabList, notices: Notices) {
    this.#tabs = tabs;
    this.#notices = notices;
  }

  watch(page: Page): void {
    page.on('crash', () => this.#crashed.add(page));
    page.once('close', () => this.#crashed.delete(page));
  }

  isCrashed(page: Page): boolean {
    return this.#crashed.has(page);
  }

  /** Said by whoever brought a tab to the front. */
  set(page: Page): void {
    this.#current = page;
  }

  /** The tab in front, whole and with the focus. */
  async get(signal: AbortSignal): Promise<Page> {
    await this.#tabs.settled();
    for (const page of this.#crashed) await this.#replace(page, signal);
    const page = (await this.find()) ?? (await this.#tabs.open(signal));
    this.#current = page;
    // Without the focus a page gets no focus events. Nobody waits: what follows on the same connection comes after it.
    page.bringToFront().catch(() => undefined);
    return page;
  }

  async find(): Promise<Page | undefined> {
    const pages = this.#tabs.pages();
    if (pages.length < 2) return pages[0];
    const last = this.#current !== undefined && pages.includes(this.#current) ? this.#current : undefined;
    if (last !== undefined && (await isSeen(last)) === 'focused') return last;
    const seen = await Promise.all(pages.map(isSeen));
    const those = (state: Seen) => pages.filter((_, index) => seen[index] === state);
    // None that says it is seen: the one in front is then one that cannot say anything.
    const candidates = [those('focused'), those('visible'), those('silent'), pages].find(({ length }) => length > 0) ?? [];
    return last !== undefined && candidates.includes(last) ? last : candidates.at(-1);
  }

  async #replace(page: Page, signal: AbortSignal): Promise<void> {
    this.#crashed.delete(page);
    const url = page.url();
    const again = performance.now() - (this.#replacements.get(page) ?? -Infinity) < CRASH_AGAIN_MS;
    const fresh = await this.#tabs.open(signal);
    this.#replacements.set(fresh, performance.now());
    if (!again && url !== 'about:blank')
      await fresh.goto(url, { waitUntil: 'commit', timeout: REOPEN_MS }).catch(() => undefined);
    await within(ASK_MS, this.#tabs.close(page), undefined);
    const place = again ? 'an empty one (it had crashed before)' : 'a new one with the same address';
    this.#notices.say(() => `The tab ${quoted(url)} had crashed and was replaced by ${place}.`);
    if (this.#current === page) this.#current = fresh;
  }
}

/** As text: what runs in the page is not compiled with what runs here. */
const SEEN = `document.visibilityState !== 'visible' ? 'hidden' : document.hasFocus() ? 'focused' : 'visible'`;

type Seen = 'focused' | 'visible' | 'hidden' | 'silent';

const isSeen = (page: Page): Promise<Seen> => within(ASK_MS, page.evaluate<'focused' | 'visible' | 'hidden'>(SEEN), 'silent');
