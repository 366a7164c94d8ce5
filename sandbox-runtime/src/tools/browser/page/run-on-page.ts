import { ok } from '../../../server/answers.ts';
import { FileError } from '../../file/file-error.ts';
import type { ActivePage, BrowserSession } from '../browser-session.ts';
import { BrowserFailure } from '../session/browser-failure.ts';
import { unstick } from './cdp.ts';
import { PageError, toPageError } from './page-error.ts';

export interface PageCall {
  readonly signal: AbortSignal;
  /** What the call may take once there is a page; to start a browser takes what it takes. */
  readonly seconds: number;
  /** For the message of a call that took longer: `The page's text`. */
  readonly what: string;
}

/** The page of a call, and the time there is for it. */
export interface PageTurn extends ActivePage {
  /** Milliseconds that are left; at least one, for zero would be no limit to playwright-core. */
  left(): number;
}

export interface PageAnswer<T> {
  success: boolean;
  message: string;
  data: T | null;
  hint?: string;
}

/** playwright-core keeps the time too, and says more about what it waited for: it gets to speak first. */
const GRACE_MS = 400;
/** Timers count from when their loop last looked at the clock, and so may be early. */
const EARLY_MS = 50;
/** A page that is idle answers within this; one that is only busy has had the whole time of the call. */
const SIGN_OF_LIFE_MS = 250;

/** Runs one call on the active tab and puts it in the envelope: what fails on the page is an answer about the page. */
export async function runOnPage<T>(
  browser: BrowserSession,
  call: PageCall,
  action: (turn: PageTurn) => Promise<T>,
): Promise<PageAnswer<T>> {
  let active: ActivePage | undefined;
  const noted = () => {
    const hints = active?.hints() ?? [];
    return hints.length === 0 ? {} : { hint: hints.join(' ') };
  };
  try {
    const data = await onPage(browser, call, (turn) => action((active = turn)));
    return { ...ok<T | null>(data), ...noted() };
  } catch (error) {
    // Nobody reads it any more; it is nothing to log either.
    if (call.signal.aborted) return { success: false, message: 'The client hung up.', data: null };
    if (!(error instanceof PageError)) throw error;
    // Only the calls of this tool make a PageError with data, and each of its own kind.
    return { success: false, message: error.message, data: error.data as T | null, ...noted() };
  }
}

/**
 * The same without the envelope.
 *
 * @throws PageError, and what the browser's session throws for its callers
 */
export async function onPage<T>(
  browser: BrowserSession,
  { signal, seconds, what }: PageCall,
  action: (turn: PageTurn) => Promise<T>,
): Promise<T> {
  let page: ActivePage['page'] | undefined;
  try {
    return await browser.withPage((active) => {
      ({ page } = active);
      const end = performance.now() + seconds * 1000;
      const turn: PageTurn = { ...active, left: () => Math.max(1, end - performance.now()) };
      return within(turn, { seconds, what }, action);
    }, signal);
  } catch (error) {
    if (error instanceof BrowserFailure || error instanceof FileError) throw new PageError(error.message, { cause: error });
    throw toPageError(error, page);
  }
}

/** A page can be too busy to say anything: what waits for it is given up, and the script that holds it is ended. */
async function within<T>(
  turn: PageTurn,
  { seconds, what }: { readonly seconds: number; readonly what: string },
  action: (turn: PageTurn) => Promise<T>,
): Promise<T> {
  let giveUp: (reason: Error) => void = () => {};
  const late = new Promise<never>((_, reject) => void (giveUp = reject));
  const timer = setTimeout(() => giveUp(new PageError(`${what} took longer than ${seconds} seconds.`)), turn.left() + GRACE_MS);
  const leave = () => giveUp(turn.signal.reason as Error);
  turn.signal.addEventListener('abort', leave, { once: true });
  // Whoever loses the race has nobody left to tell.
  late.catch(() => {});
  try {
    turn.signal.throwIfAborted();
    const task = action(turn);
    task.catch(() => {});
    return await Promise.race([task, late]);
  } catch (error) {
    // What was waited for did not come: often nothing is wrong with the page, and then this does nothing.
    if (turn.left() <= EARLY_MS) await unstick(turn.page, SIGN_OF_LIFE_MS);
    throw error;
  } finally {
    clearTimeout(timer);
    turn.signal.removeEventListener('abort', leave);
  }
}
