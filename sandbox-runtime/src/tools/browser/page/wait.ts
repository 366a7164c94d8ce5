import { setTimeout as delay } from 'node:timers/promises';

import type { browserPageScriptContract, WaitType } from '@sandfleet/contract/runtime';
import type { Input } from '@sandfleet/contract';

import type { Places } from '../../file/workspace-path.ts';
import { evaluateOnPage } from './evaluate.ts';
import { goneFromAll, inAnyFrame } from './find.ts';
import type { NetworkIdle } from './network-idle.ts';
import { hasMovedOn, PageError, toPageError } from './page-error.ts';
import { refuse } from './refuse.ts';
import type { PageTurn } from './run-on-page.ts';
import { saveDownload, type DownloadQueue } from './take-download.ts';
import { isBadSelector } from './target.ts';
import { matchesUrl } from './url-match.ts';

export type WaitBody = Input<(typeof browserPageScriptContract)['browser_page_wait']>['body'];

export interface WaitTools {
  readonly idle: NetworkIdle;
  readonly downloads: DownloadQueue;
  readonly places: Places;
}

type Wait = (turn: PageTurn, body: WaitBody, tools: WaitTools) => Promise<object>;

const ELEMENT_STATES = new Set(['visible', 'hidden', 'attached', 'detached']);
const LOAD_STATES = new Set(['load', 'domcontentloaded', 'networkidle']);
const POLLING_MS = 100;
/** A look at the condition is quick, or it is a wait of its own. */
const LOOK_SECONDS = 5;

/** @throws ApiError when a field that this kind of wait needs is missing, or one has a value of another kind */
export function checkWait({ type, selector, state, url, url_pattern: pattern, expression }: WaitBody): void {
  if (type === 'selector' && selector === undefined) refuse('selector', 'is needed for type selector');
  if (type === 'url' && (url ?? pattern) === undefined) refuse('url', 'is needed for type url');
  if ((type === 'response' || type === 'request') && (pattern ?? url) === undefined)
    refuse('url_pattern', `is needed for type ${type}`);
  if (type === 'function' && expression === undefined) refuse('expression', 'is needed for type function');
  if (state === undefined) return;
  if (type === 'selector' && !ELEMENT_STATES.has(state)) refuse('state', 'of a selector: visible, hidden, attached or detached');
  if (type === 'load' && !LOAD_STATES.has(state)) refuse('state', 'of load: load, domcontentloaded or networkidle');
}

/** @throws PageError that says what was waited for, when the time is over first */
export async function waitOnPage(turn: PageTurn, body: WaitBody, tools: WaitTools): Promise<object> {
  try {
    return { type: body.type, ...(await WAITS[body.type](turn, body, tools)) };
  } catch (error) {
    if (!(error instanceof Error) || (error.name !== 'TimeoutError' && !(error instanceof TimeOver))) {
      if (error instanceof Error && isBadSelector(error)) throw new PageError(`"${body.selector}" is no valid selector.`);
      throw toPageError(error, turn.page);
    }
    throw new PageError(`${WHAT[body.type](body, turn, tools)} within ${body.timeout ?? 30} seconds.`, { cause: error });
  }
}

/** The time of a wait of ours is over. */
class TimeOver extends Error {}

const WAITS: Readonly<Record<WaitType, Wait>> = {
  selector: async ({ page, left }, { selector = '', state = 'visible' }) => {
    const wanted = state === 'visible' || state === 'hidden' ? 'visible' : 'attached';
    if (state === 'visible' || state === 'attached') await inAnyFrame(page, selector, { wanted, timeout: left() });
    else await goneFromAll(page, selector, { wanted, timeout: left() });
    return { selector, state };
  },
  load: async ({ page, left }, { state = 'load' }) => {
    // checkWait() has seen to it that it is one of these.
    const wanted = state as 'load' | 'domcontentloaded' | 'networkidle';
    await page.waitForLoadState(wanted, { timeout: left() });
    return { state };
  },
  url: async ({ page, left }, { url, url_pattern: pattern }) => {
    const wanted = url ?? pattern ?? '';
    await page.waitForURL(({ href }) => href === wanted || matchesUrl(href, wanted), { timeout: left(), waitUntil: 'commit' });
    return {};
  },
  network_idle: async ({ page, left, signal }, _, { idle }) => {
    if (!(await idle.quiet(page, { timeout: left(), signal }))) throw new TimeOver();
    return {};
  },
  download: async ({ left, signal }, { save_path: savePath }, { downloads, places }) => {
    const over = AbortSignal.timeout(Math.ceil(left()));
    const download = await downloads.next(AbortSignal.any([signal, over])).catch((error: unknown) => {
      throw over.aborted && !signal.aborted ? new TimeOver() : error;
    });
    const path = await saveDownload(download, savePath, places);
    return {
      path,
      filename: download.filename,
      suggested_filename: download.filename,
      size: download.size,
      download_url: download.url,
    };
  },
  function: async (turn, { expression = '', polling = POLLING_MS }) => {
    for (;;) {
      const value = await lookAt(turn, expression);
      // What is empty counts as JavaScript counts it.
      if (value) return { value };
      if (turn.left() <= polling) throw new TimeOver();
      await delay(polling, undefined, { signal: turn.signal });
    }
  },
  response: async ({ page, left }, { url, url_pattern: pattern }) => {
    const wanted = pattern ?? url ?? '';
    const response = await page.waitForResponse((one) => matchesUrl(one.url(), wanted), { timeout: left() });
    return { response_url: response.url(), status: response.status(), method: response.request().method() };
  },
  request: async ({ page, left }, { url, url_pattern: pattern }) => {
    const wanted = pattern ?? url ?? '';
    const request = await page.waitForRequest((one) => matchesUrl(one.url(), wanted), { timeout: left() });
    return { request_url: request.url(), method: request.method(), resource_type: request.resourceType() };
  },
  timeout: async ({ signal }, { timeout = 30 }) => {
    await delay(timeout * 1000, undefined, { signal });
    return { timeout };
  },
};

/** A page on its way to another document has no value yet. */
async function lookAt(turn: PageTurn, expression: string): Promise<unknown> {
  const seconds = Math.min(LOOK_SECONDS, turn.left() / 1000);
  const end = performance.now() + seconds * 1000;
  try {
    const own = { ...turn, left: () => Math.max(1, end - performance.now()) };
    return (await evaluateOnPage(own, { expression, seconds: Math.round(seconds * 10) / 10 })).value;
  } catch (error) {
    if (hasMovedOn(error)) return undefined;
    throw error;
  }
}

const WHAT: Readonly<Record<WaitType, (body: WaitBody, turn: PageTurn, tools: WaitTools) => string>> = {
  selector: ({ selector, state = 'visible' }) => `"${selector}" did not become ${state}`,
  load: ({ state = 'load' }, { page }) => `${page.url().slice(0, 500)} did not reach ${state}`,
  url: ({ url, url_pattern: pattern }, { page }) =>
    `The page did not go to ${url ?? pattern} (it is at ${page.url().slice(0, 500)})`,
  network_idle: (_, { page }, { idle }) => `The network did not come to rest (${idle.underWay(page)} requests under way)`,
  download: () => 'No download finished',
  function: ({ expression = '' }) => `The expression did not become true: ${expression.slice(0, 200)}`,
  response: ({ url_pattern: pattern, url }) => `No response came from ${pattern ?? url}`,
  request: ({ url_pattern: pattern, url }) => `No request went to ${pattern ?? url}`,
  timeout: () => 'The wait did not end',
};
