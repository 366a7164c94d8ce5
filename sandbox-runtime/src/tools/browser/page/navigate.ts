import type { NavigationResult, WaitUntil } from '@sandfleet/contract/runtime';
import type { Page, Response } from 'playwright-core';

import { cdpOf, isAnswering, unstick } from './cdp.ts';
import { netErrorOf } from './net-errors.ts';
import { PageError, plain } from './page-error.ts';
import type { PageTurn } from './run-on-page.ts';

/** A page whose document is there says its title at once, unless its scripts are stuck. */
const TITLE_MS = 1000;
/** One that did not load may say nothing before it has. */
const TITLE_OF_FAILED_MS = 150;

/** A page that says nothing for so long would keep the tab from ever leaving it. */
const STUCK_MS = 1000;

/** Opens a URL that is known to be allowed. */
export async function navigate(turn: PageTurn, url: string, waitUntil: WaitUntil, seconds: number): Promise<NavigationResult> {
  return following(turn, { url, seconds, until: waitUntil }, () => turn.page.goto(url, { waitUntil, timeout: turn.left() }));
}

export async function goInHistory(turn: PageTurn, step: -1 | 1, seconds: number): Promise<NavigationResult> {
  const { page } = turn;
  const { currentIndex, entries } = await (await cdpOf(page)).send('Page.getNavigationHistory');
  const entry = entries[currentIndex + step];
  if (entry === undefined)
    throw new PageError(step < 0 ? 'The history of this tab has no earlier page.' : 'The history of this tab has no later page.');
  const options = { waitUntil: 'load', timeout: turn.left() } as const;
  return following(turn, { url: entry.url, seconds, until: 'load' }, () =>
    step < 0 ? page.goBack(options) : page.goForward(options),
  );
}

export async function reload(turn: PageTurn, seconds: number): Promise<NavigationResult> {
  return following(turn, { url: turn.page.url(), seconds, until: 'load' }, () =>
    turn.page.reload({ waitUntil: 'load', timeout: turn.left() }),
  );
}

interface Going {
  readonly url: string;
  readonly seconds: number;
  readonly until: WaitUntil;
}

async function following(turn: PageTurn, going: Going, go: () => Promise<Response | null>): Promise<NavigationResult> {
  const { page, signal } = turn;
  const giveUp = () => void stopLoading(page);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await resultOf(page, await goFromStuck(page, go));
  } catch (error) {
    if (error instanceof Error && /Download is starting/.test(error.message)) return downloaded(turn, going.url);
    throw await toNavigationError(page, going, error);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/**
 * A script that never ends would keep the tab from leaving its page. Whether one does is asked beside the navigation, which waits
 * for nothing then; what is sent to a page once it is being left, Chromium holds back, so it has to be stopped first.
 */
async function goFromStuck(page: Page, go: () => Promise<Response | null>): Promise<Response | null> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<'stuck'>((resolve) => {
    const answered = isAnswering(page);
    timer = setTimeout(() => resolve('stuck'), STUCK_MS);
    void answered.then(() => clearTimeout(timer));
  });
  const going = go();
  going.catch(() => {});
  try {
    const first = await Promise.race([going, stuck]);
    if (first !== 'stuck') return first;
  } finally {
    clearTimeout(timer);
  }
  await stopLoading(page);
  await unstick(page, 1);
  return go();
}

async function resultOf(page: Page, response: Response | null): Promise<NavigationResult> {
  const type = response?.headers()['content-type'];
  return {
    url: page.url(),
    title: await titleOf(page),
    status: response?.status() ?? null,
    ok: response?.ok() ?? true,
    ...(type === undefined ? {} : { content_type: type }),
  };
}

function downloaded({ page, hint }: PageTurn, url: string): NavigationResult {
  hint('The address is a download: wait with type download tells where its file is.');
  return { url, title: '', status: null, ok: !page.isClosed(), download: true };
}

/** A timeout or what the network said, in words; anything else as it came. */
async function toNavigationError(page: Page, { url, seconds, until }: Going, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || page.isClosed()) return error;
  const shown = url.slice(0, 500);
  const fail = async (message: string, code: string) =>
    new PageError(message, {
      cause: error,
      data: {
        url: page.url(),
        title: await titleOf(page, TITLE_OF_FAILED_MS),
        status: null,
        ok: false,
        error: code,
      } satisfies NavigationResult,
    });
  if (error.name === 'TimeoutError') {
    const came = page.url() === url ? 'The document began to load, but' : 'The server has not answered:';
    return fail(`${came} ${shown} did not reach ${until} within ${seconds} seconds.`, 'timeout');
  }
  const known = netErrorOf(error.message);
  if (known !== undefined) return fail(`${shown} can't be loaded: ${known.meaning} (${known.code}).`, known.code);
  if (/interrupted by another navigation/.test(error.message)) return fail(plain(error.message), 'interrupted');
  return error;
}

/**
 * Never fails and never waits for a page that is stuck. playwright-core would first put programs of its own into the new
 * document, which takes longer than all else.
 */
async function titleOf(page: Page, milliseconds = TITLE_MS): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => void (timer = setTimeout(resolve, milliseconds, '')));
  try {
    return (await Promise.race([askTitle(page), late])).slice(0, 10_000);
  } finally {
    clearTimeout(timer);
  }
}

async function askTitle(page: Page): Promise<string> {
  try {
    const session = await cdpOf(page);
    const { result } = await session.send('Runtime.evaluate', { expression: 'document.title', returnByValue: true });
    return typeof result.value === 'string' ? result.value : '';
  } catch {
    return '';
  }
}

/** Nobody waits for it any more. */
async function stopLoading(page: Page): Promise<void> {
  await cdpOf(page)
    .then((session) => session.send('Page.stopLoading'))
    .catch(() => {});
}
