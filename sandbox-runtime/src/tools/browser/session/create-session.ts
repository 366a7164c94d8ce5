import { join } from 'node:path';

import { ApiError } from '@sandfleet/contract';
import type { Page } from 'playwright-core';

import { Slots } from '../../../process/slots.ts';
import type { Lease } from '../../../services/service.ts';
import type { ToolContext } from '../../../tool.ts';
import type { ActiveBrowser, ActivePage, BrowserSession } from '../browser-session.ts';
import { NetworkLog } from '../network/network-log.ts';
import { NetworkRules } from '../network/network-rules.ts';
import { BrowserFailure } from './browser-failure.ts';
import { connect, warmUp } from './connect.ts';
import { Connection } from './connection.ts';
import { Dialogs } from './dialogs.ts';
import { Downloads } from './downloads.ts';
import { FileChoosers } from './file-choosers.ts';
import { Notices, quoted } from './notices.ts';
import { createPageMetrics } from './page-metrics.ts';
import { until, within } from './until.ts';

export type SessionContext = Pick<ToolContext, 'config' | 'services' | 'log' | 'metrics'>;

/** Calls that wait for their turn, for each that is under way. */
const WAITING = 8;
/** After the browser's end, what the connection gets to notice it too. */
const NOTICE_END_MS = 1000;

export const createBrowserSession = (context: SessionContext): BrowserSession => new Session(context);

class Session implements BrowserSession {
  readonly downloads: Downloads;
  readonly network: NetworkLog;
  readonly rules = new NetworkRules();
  readonly #context: SessionContext;
  readonly #slots: Slots;
  readonly #notices = new Notices();
  readonly #dialogs: Dialogs;
  readonly #choosers = new FileChoosers(this.#notices);
  readonly #listeners = new Set<(page: Page) => void>();
  readonly #closing = new AbortController();
  readonly #metrics: ReturnType<typeof createPageMetrics>;
  #connection: Promise<Connection> | undefined;
  /** Of the run of the browser that the last connection was for. */
  #generation: number | undefined;

  constructor(context: SessionContext) {
    const { config, metrics } = context;
    this.#context = context;
    this.#slots = new Slots(config.BROWSER_CALLS, config.BROWSER_CALLS * WAITING);
    this.#dialogs = new Dialogs(this.#notices, config.BROWSER_ACCEPT_DIALOGS);
    this.downloads = new Downloads(join(config.HOME, 'Downloads'), this.#notices);
    this.network = new NetworkLog(config.BROWSER_REQUEST_LOG);
    this.#metrics = createPageMetrics(metrics);
  }

  withPage<T>(action: (active: ActivePage) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#call(signal, async (connection, active) => {
      const page = await connection.active.get(active.signal);
      const release = this.#choosers.hold(page);
      const crashed = new AbortController();
      const onCrash = () => crashed.abort(new BrowserFailure('The page crashed; the next call replaces its tab by a new one.'));
      page.once('crash', onCrash);
      try {
        const both = AbortSignal.any([active.signal, crashed.signal]);
        return await until(both, action({ ...active, page, signal: both }));
      } finally {
        page.off('crash', onCrash);
        release();
      }
    });
  }

  withBrowser<T>(action: (active: ActiveBrowser) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#call(signal, (_, active) => until(active.signal, action(active)));
  }

  onPage(listener: (page: Page) => void): () => void {
    this.#listeners.add(listener);
    void this.#connection?.then(
      ({ tabs }) => tabs.pages().forEach(listener),
      () => undefined,
    );
    return () => this.#listeners.delete(listener);
  }

  async disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#generation = undefined;
    this.#notices.clear();
    await (await connection?.catch(() => undefined))?.close();
  }

  async close(): Promise<void> {
    this.#closing.abort(new ApiError('BROWSER_GONE', { message: 'The sandbox stops.' }));
    await this.disconnect();
  }

  #call<T>(signal: AbortSignal, action: (connection: Connection, active: ActiveBrowser) => Promise<T>): Promise<T> {
    const seconds = this.#context.config.BROWSER_CALL_SECONDS;
    return this.#slots.run(signal, async () => {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(new BrowserFailure(`The call took longer than ${seconds} s.`)), seconds * 1000);
      const call = AbortSignal.any([signal, late.signal, this.#closing.signal]);
      const heard = this.#notices.listen();
      let lease: Lease | undefined;
      let connection: Connection | undefined;
      try {
        const service = this.#context.services.get('browser');
        if (service.state() !== 'disabled') warmUp();
        lease = await service.lease(call);
        connection = await until(call, this.#connected(lease));
        await until(call, this.#dialogs.answerOpen());
        const { context, cdp, tabs, active: front, ended } = connection;
        const active = { context, cdp, tabs, front, hint: heard.say, hints: heard.read, signal: AbortSignal.any([call, ended]) };
        return await action(connection, active);
      } catch (error) {
        throw await this.#explain(error, { call, isLeased: lease !== undefined, connection });
      } finally {
        clearTimeout(timer);
        heard.end();
        lease?.release();
      }
    });
  }

  /** What was cut off by the end of the browser fails in many words; the caller gets one answer. */
  async #explain(error: unknown, { call, isLeased, connection }: Failed): Promise<unknown> {
    if (error instanceof ApiError || error instanceof BrowserFailure || call.aborted || !isLeased) return error;
    if (connection === undefined) return gone('The browser ended, or did not answer, before this call reached it.', error);
    if (connection.ended.aborted) return gone(ENDED, error);
    if (!/closed|disconnected|crashed|detached/i.test(String(error))) return error;
    await within(NOTICE_END_MS, new Promise((resolve) => whenAborted(connection.ended, () => resolve(undefined))), undefined);
    // Of a page that went alone, its tool tells more.
    return connection.ended.aborted ? gone(ENDED, error) : error;
  }

  /** The connection for this run of the browser: the one there is, or a new one that all callers wait for. */
  async #connected(lease: Lease): Promise<Connection> {
    const known = this.#connection;
    if (known !== undefined && this.#generation === lease.generation) {
      const connection = await known.catch(() => undefined);
      if (connection !== undefined && !connection.ended.aborted) return connection;
      // Another caller may have begun a new one meanwhile.
      if (this.#connection !== known) return this.#connected(lease);
    }
    if (this.#generation !== undefined && this.#generation !== lease.generation)
      this.#notices.say(() => 'The browser had ended and was started anew; the tabs of before are gone.');
    this.#generation = lease.generation;
    const opened = this.#open(lease);
    this.#connection = opened;
    void opened.catch(() => this.#connection === opened && (this.#connection = undefined));
    void known?.then(
      (old) => old.close(),
      () => undefined,
    );
    return opened;
  }

  async #open({ ended }: Lease): Promise<Connection> {
    const { log, services } = this.#context;
    const browser = await connect(services.ports.devtools, AbortSignal.any([ended, this.#closing.signal]), (url) =>
      this.#notices.say(() => `The tab ${quoted(url)} answered nothing and was replaced by a new one with the same address.`),
    );
    const connection = await Connection.open(browser, {
      notices: this.#notices,
      downloads: this.downloads,
      dialogs: this.#dialogs,
      network: this.network,
      rules: this.rules,
      metrics: this.#metrics,
      onPage: (page) => this.#listeners.forEach((listener) => listener(page)),
    });
    log.debug('connected to the browser');
    whenAborted(ended, () => void connection.close());
    whenAborted(connection.ended, () => {
      this.#dialogs.forget();
      this.#choosers.clear();
      this.downloads.abandon();
      log.debug('disconnected from the browser');
    });
    return connection;
  }
}

interface Failed {
  readonly call: AbortSignal;
  readonly isLeased: boolean;
  readonly connection: Connection | undefined;
}

const ENDED = 'The browser ended while it worked on this call; the next call starts it anew.';

const gone = (message: string, cause: unknown): ApiError =>
  new ApiError('BROWSER_GONE', { message, retryAfterSeconds: 1, cause });

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}
