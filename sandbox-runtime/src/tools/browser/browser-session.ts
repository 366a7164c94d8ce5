import type { BrowserContext, CDPSession, Page } from 'playwright-core';

import type { ActiveTab } from './session/active-tab.ts';
import type { Downloads } from './session/downloads.ts';
import type { NetworkLog } from './network/network-log.ts';
import type { NetworkRules } from './network/network-rules.ts';
import type { TabList } from './session/tab-list.ts';

/** What a call of the browser tools works on, for as long as the call lasts. */
export interface ActiveBrowser {
  readonly context: BrowserContext;
  /** Speaks to the browser as a whole rather than to a page. */
  readonly cdp: CDPSession;
  readonly tabs: TabList;
  /** Tells which tab is in front, and is told. */
  readonly front: ActiveTab;
  /** Aborted when the client hangs up, when the call's time is over, or when the browser is gone. */
  readonly signal: AbortSignal;
  /** Adds a sentence to what `hints` gives. */
  readonly hint: (sentence: string) => void;
  /**
   * What the answer's `hint` says, as far as it is known now: the browser was started anew, a tab has opened, a dialog was
   * answered, a file was downloaded. Read it last.
   */
  readonly hints: () => readonly string[];
}

export interface ActivePage extends ActiveBrowser {
  readonly page: Page;
}

/** The one Chromium on the screen, as playwright-core sees it. */
export interface BrowserSession {
  /**
   * Runs `action` on the active tab. Starts the browser when it does not run, opens a tab when there is none, replaces one that
   * has crashed, and connects anew when the connection was lost; calls queue when too many are under way.
   *
   * @throws ApiError SERVICE_DISABLED, SERVICE_UNAVAILABLE, BROWSER_GONE (the browser ended while the action ran), TOO_MANY_REQUESTS
   * @throws BrowserFailure when the page crashed or the call's time is over: an answer with success:false
   */
  withPage<T>(action: (active: ActivePage) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** The same for what needs no page: nothing is opened and nothing brought to the front. */
  withBrowser<T>(action: (active: ActiveBrowser) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Called for each page there is now and each that opens later; returns what takes the listener off. */
  onPage(listener: (page: Page) => void): () => void;
  readonly downloads: Downloads;
  readonly network: NetworkLog;
  readonly rules: NetworkRules;
  /** Lets go of the browser without ending it; the next call connects anew. */
  disconnect(): Promise<void>;
  /** Called once, when the sandbox stops. */
  close(): Promise<void>;
}
