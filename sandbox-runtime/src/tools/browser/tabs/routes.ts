import { ApiError } from '@sandfleet/contract';
import { browserTabsContract, type BrowserTab } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { Tool, ToolContext } from '../../../tool.ts';
import type { ActiveBrowser, BrowserSession } from '../browser-session.ts';
import { allowedUrl } from '../page/allowed-url.ts';
import { netErrorOf } from '../page/net-errors.ts';
import { PageError, plain } from '../page/page-error.ts';
import { answerFromBrowser, type BrowserAnswer } from '../session/answer.ts';
import { BrowserFailure } from '../session/browser-failure.ts';
import type { Tab } from '../session/tab-list.ts';

const LOAD_MS = 30_000;

export function browserTabsTool({ app, config }: ToolContext, browser: BrowserSession): Tool {
  implement(app, browserTabsContract, {
    browser_tabs_list: (_, { signal }) => answerFromBrowser(browser, signal, listTabs),
    browser_tabs_create: async ({ body }, { signal }) => {
      const url = body.url === undefined ? undefined : checked(body.url, config.SANDFLEET_PAGE_URL_SCHEMES);
      if (url instanceof PageError) return { success: false, message: url.message, data: null };
      return createTab(browser, signal, url);
    },
    browser_tabs_close: ({ params }, { signal }) =>
      answerFromBrowser(browser, signal, async (active) => {
        const tab = await tabOf(active, params.index);
        const [closed] = await shown(active, [tab]);
        if (active.tabs.pages().length === 1) active.front.set(await active.tabs.open(active.signal));
        await active.tabs.close(tab.page);
        const left = await listTabs(active);
        // One tab was asked for and one came.
        return {
          closed: closed as BrowserTab,
          tab_count: left.length,
          active_index: left.find((one) => one.active)?.index ?? null,
        };
      }),
    browser_tabs_activate: ({ params }, { signal }) =>
      answerFromBrowser(browser, signal, async (active) => {
        const tab = await tabOf(active, params.index);
        await tab.page.bringToFront();
        active.front.set(tab.page);
        return { ...toAnswer(tab), active: true };
      }),
  });
  return { contract: browserTabsContract, close: async () => {} };
}

/** A tab whose page can't be loaded is there all the same. */
async function createTab(
  browser: BrowserSession,
  signal: AbortSignal,
  url: string | undefined,
): Promise<BrowserAnswer<BrowserTab>> {
  let problem: string | undefined;
  const answer = await answerFromBrowser(browser, signal, async (active) => {
    const page = await active.tabs.open(active.signal);
    active.front.set(page);
    if (url !== undefined && url !== 'about:blank')
      await page.goto(url, { waitUntil: 'domcontentloaded', timeout: LOAD_MS }).catch((error: unknown) => {
        if (page.isClosed() || !(error instanceof Error)) throw error;
        problem = problemOf(url, error);
      });
    const tab = (await active.tabs.list()).find((one) => one.page === page);
    if (tab === undefined) throw new BrowserFailure('The tab was closed again at once.');
    return { ...toAnswer(tab), active: true };
  });
  return problem === undefined ? answer : { ...answer, success: false, message: problem };
}

function problemOf(url: string, error: Error): string {
  const shown = url.slice(0, 500);
  if (error.name === 'TimeoutError') return `${shown} did not load within ${LOAD_MS / 1000} seconds; its tab stays open.`;
  const known = netErrorOf(error.message);
  const why = known === undefined ? plain(error.message) : `${known.meaning} (${known.code})`;
  return `${shown} can't be loaded: ${why}; its tab stays open.`;
}

function checked(url: string, schemes: readonly string[]): string | PageError {
  try {
    return allowedUrl(url, schemes);
  } catch (error) {
    if (error instanceof PageError) return error;
    throw error;
  }
}

async function tabOf({ tabs }: ActiveBrowser, index: number): Promise<Tab> {
  const all = await tabs.list();
  const tab = all[index];
  if (tab !== undefined) return tab;
  const there = all.length === 0 ? 'there is none' : `they are numbered 0 to ${all.length - 1}`;
  throw new ApiError('TAB_NOT_FOUND', { message: `There is no tab ${index}: ${there}.` });
}

const listTabs = async (active: ActiveBrowser): Promise<BrowserTab[]> => shown(active, await active.tabs.list());

async function shown({ front }: ActiveBrowser, tabs: readonly Tab[]): Promise<BrowserTab[]> {
  const page = await front.find();
  return tabs.map((tab) => ({ ...toAnswer(tab), active: tab.page === page }));
}

const toAnswer = ({ index, id, url, title }: Tab): Omit<BrowserTab, 'active'> => ({ index, tab_id: id, url, title });
