import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';

import type { NetworkLog } from '../network/network-log.ts';
import type { NetworkRules } from '../network/network-rules.ts';
import { ActiveTab } from './active-tab.ts';
import type { Dialogs } from './dialogs.ts';
import type { Downloads } from './downloads.ts';
import type { Notices } from './notices.ts';
import type { PageMetrics } from './page-metrics.ts';
import { TabList } from './tab-list.ts';

/** What a session keeps over its connections and each of them is wired to. */
export interface ConnectionParts {
  readonly notices: Notices;
  readonly downloads: Downloads;
  readonly dialogs: Dialogs;
  readonly network: NetworkLog;
  readonly rules: NetworkRules;
  readonly metrics: PageMetrics;
  /** Told of each page that is there and that comes. */
  readonly onPage: (page: Page) => void;
}

/** One connection to one run of Chromium. */
export class Connection {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly cdp: CDPSession;
  readonly tabs: TabList;
  readonly active: ActiveTab;
  /** Aborted when the connection or the browser is gone. */
  readonly ended: AbortSignal;

  private constructor(browser: Browser, context: BrowserContext, cdp: CDPSession, { notices, metrics }: ConnectionParts) {
    this.browser = browser;
    this.context = context;
    this.cdp = cdp;
    this.tabs = new TabList({ context, cdp, notices, metrics });
    this.active = new ActiveTab(this.tabs, notices);
    const controller = new AbortController();
    this.ended = controller.signal;
    browser.once('disconnected', () => controller.abort(new Error('the connection to the browser has been closed')));
  }

  static async open(browser: Browser, parts: ConnectionParts): Promise<Connection> {
    const [context] = browser.contexts();
    if (context === undefined) throw new Error('the browser has no context of its own');
    const connection = new Connection(browser, context, await browser.newBrowserCDPSession(), parts);
    const begin = (page: Page) => {
      connection.active.watch(page);
      parts.onPage(page);
    };
    parts.dialogs.follow(context);
    parts.network.follow(context);
    context.on('page', begin);
    for (const page of context.pages()) begin(page);
    await Promise.all([connection.tabs.follow(), parts.downloads.follow(connection.cdp), parts.rules.follow(connection)]);
    return connection;
  }

  /** Lets go of the browser, which runs on. */
  async close(): Promise<void> {
    await this.browser.close().catch(() => undefined);
  }
}
