import type { BrowserContext, CDPSession, Page } from 'playwright-core';

import { quoted, type Notices } from './notices.ts';
import type { PageMetrics } from './page-metrics.ts';
import { until, within } from './until.ts';

export interface Tab {
  readonly index: number;
  /** Chromium's id of the tab, the one that its DevTools know. */
  readonly id: string;
  readonly url: string;
  readonly title: string;
  readonly page: Page;
}

export interface TabListOptions {
  readonly context: BrowserContext;
  /** Of the browser as a whole. */
  readonly cdp: CDPSession;
  readonly notices: Notices;
  readonly metrics: PageMetrics;
}

interface Target {
  readonly targetId: string;
  readonly type: string;
  readonly url: string;
  readonly title: string;
}

/** What a tab that has just opened gets until playwright-core knows its page. */
const SETTLE_MS = 3000;
const SETTLE_STEP_MS = 20;
/** A page that hangs does not let anybody attach to it, and so never says its id. */
const ASK_ID_MS = 3000;
/** The DevTools of a page are no tab, and extensions have pages of their own. */
const NO_TAB = /^(?:devtools|chrome-extension):/;

/** Asked of the browser rather than of the pages, so a page that hangs is listed as well. */
export class TabList {
  readonly #context: BrowserContext;
  readonly #cdp: CDPSession;
  readonly #notices: Notices;
  readonly #metrics: PageMetrics;
  readonly #targets = new Map<string, Target>();
  readonly #ids = new WeakMap<Page, Promise<string>>();
  /** Tabs that a call closes on purpose: nobody has to be told. */
  readonly #closing = new Set<string>();
  /** Tabs that come and go within a call, as its means, and what is no tab at all. */
  readonly #internal = new Set<string>();
  #opening = 0;
  #quiet = 0;

  constructor({ context, cdp, notices, metrics }: TabListOptions) {
    this.#context = context;
    this.#cdp = cdp;
    this.#notices = notices;
    this.#metrics = metrics;
  }

  async follow(): Promise<void> {
    this.#cdp.on('Target.targetInfoChanged', ({ targetInfo }) => this.#change(targetInfo));
    this.#cdp.on('Target.targetDestroyed', ({ targetId }) => this.#destroyed(targetId));
    const { targetInfos } = await this.#cdp.send('Target.getTargets', { filter: [{ type: 'page' }] });
    for (const target of targetInfos) this.#targets.set(target.targetId, target);
    this.#cdp.on('Target.targetCreated', ({ targetInfo }) => this.#created(targetInfo));
    await this.#cdp.send('Target.setDiscoverTargets', { discover: true, filter: [{ type: 'page' }] });
  }

  /** Pages in the order of their tabs' opening. */
  pages(): readonly Page[] {
    return this.#context.pages().filter((page) => !page.isClosed() && !NO_TAB.test(page.url()));
  }

  idOf(page: Page): Promise<string> {
    const known = this.#ids.get(page) ?? this.#readId(page);
    this.#ids.set(page, known);
    known.catch(() => this.#ids.delete(page));
    return known;
  }

  async list(): Promise<readonly Tab[]> {
    await this.settled();
    const pages = this.pages();
    const ids = await Promise.all(pages.map((page) => within(ASK_ID_MS, this.idOf(page), undefined)));
    const { targetInfos } = await this.#cdp.send('Target.getTargets', { filter: [{ type: 'page' }] });
    const targets = new Map(targetInfos.map((target) => [target.targetId, target]));
    const takeUnknown = takeFrom(targetInfos.filter(({ targetId }) => !ids.includes(targetId)));
    return pages.map((page, index) => {
      const id = ids[index];
      const target = id === undefined ? takeUnknown(page.url()) : targets.get(id);
      return { index, id: id ?? target?.targetId ?? '', url: target?.url ?? page.url(), title: target?.title ?? '', page };
    });
  }

  /** A tab that has just opened is a target first and a page a moment later: waits until all of them are both. */
  async settled(): Promise<void> {
    const end = performance.now() + SETTLE_MS;
    while (this.#countTargets() > this.pages().length) {
      if (performance.now() > end) return this.#giveUp();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_STEP_MS));
    }
  }

  /** Opens an empty tab in front. */
  async open(signal: AbortSignal): Promise<Page> {
    this.#opening += 1;
    const done = this.#metrics.create.startTimer();
    try {
      const page = await until(signal, this.#context.newPage());
      // From now on its number and its name are known to whoever asks.
      await until(signal, this.idOf(page));
      return page;
    } finally {
      this.#opening -= 1;
      done();
    }
  }

  /** Nobody is told of the tabs that `action` needs for a moment. */
  async quietly<T>(action: () => Promise<T>): Promise<T> {
    this.#quiet += 1;
    try {
      return await action();
    } finally {
      this.#quiet -= 1;
    }
  }

  async close(page: Page): Promise<void> {
    this.#closing.add(await within(1000, this.idOf(page), ''));
    const done = this.#metrics.close.startTimer();
    await page.close().finally(() => done());
  }

  #countTargets(): number {
    return [...this.#targets].filter(([id, { url }]) => !this.#internal.has(id) && !NO_TAB.test(url)).length;
  }

  /** What has not become a page by now never will, and the next call does not wait for it. */
  async #giveUp(): Promise<void> {
    const ids = new Set(await Promise.all(this.pages().map((page) => within(1000, this.idOf(page), ''))));
    for (const id of this.#targets.keys()) if (!ids.has(id)) this.#internal.add(id);
  }

  async #readId(page: Page): Promise<string> {
    const session = await this.#context.newCDPSession(page);
    try {
      return (await session.send('Target.getTargetInfo')).targetInfo.targetId;
    } finally {
      await session.detach().catch(() => undefined);
    }
  }

  #created(target: Target): void {
    if (target.type !== 'page' || this.#targets.has(target.targetId)) return;
    this.#targets.set(target.targetId, target);
    if (this.#quiet > 0) this.#internal.add(target.targetId);
    if (this.#quiet + this.#opening === 0) this.#notices.say(() => this.#opened(target.targetId));
  }

  #opened(id: string): string | undefined {
    const index = [...this.#targets.keys()].indexOf(id);
    const target = this.#targets.get(id);
    return target === undefined ? undefined : `A tab was opened: number ${index}, ${quoted(target.url)}.`;
  }

  #change(target: Target): void {
    if (this.#targets.has(target.targetId)) this.#targets.set(target.targetId, target);
  }

  #destroyed(id: string): void {
    const target = this.#targets.get(id);
    this.#targets.delete(id);
    const isOurs = [this.#closing.delete(id), this.#internal.delete(id)].includes(true);
    if (target === undefined || isOurs) return;
    // One that came and went within the same call was never of interest.
    this.#notices.say(() => (target.url === '' ? undefined : `The tab ${quoted(target.title || target.url)} was closed.`));
  }
}

/** Gives each of the targets once, by its address. */
function takeFrom(targets: readonly Target[]): (url: string) => Target | undefined {
  const left = new Set(targets);
  return (url) => {
    const target = [...left].find((one) => one.url === url);
    if (target !== undefined) left.delete(target);
    return target;
  };
}
