import { stripVTControlCharacters } from 'node:util';

/** A call that failed on the page: its caller reads it as `success: false`. */
export class PageError extends Error {
  /** What there is to know beside the message. */
  readonly data: unknown;

  constructor(message: string, options: { readonly data?: unknown; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'PageError';
    this.data = options.data ?? null;
  }
}

const MAX_MESSAGE = 2000;
/** How playwright-core and the DevTools protocol begin what they say: `locator.click: `, `Protocol error (Page.navigate): `. */
const OF_THE_PAGE = /^(?:[a-zA-Z]+\.[$a-zA-Z]+: |Protocol error \([^)]*\): )+/;
const MOVED_ON = /context was destroyed|Cannot find context with|Frame was detached|Inspected target navigated|has been detached/;

/** The document that a call worked on is gone, and the tab is not. */
export const hasMovedOn = (error: unknown): boolean => error instanceof Error && MOVED_ON.test(error.message);

/** What playwright-core threw, in words for the caller. Anything that is not the page's doing passes through unchanged. */
export function toPageError(error: unknown, page: { isClosed(): boolean } | undefined): unknown {
  if (error instanceof PageError || !(error instanceof Error)) return error;
  const fail = (message: string) => new PageError(message, { cause: error });
  const { message } = error;
  if (/Target crashed|Page crashed/.test(message)) return fail('The page crashed; navigate again.');
  if (/Target (page, context or browser|closed)|has been closed/.test(message) && page?.isClosed())
    return fail('The tab was closed meanwhile.');
  if (hasMovedOn(error)) return fail('The page went to another document meanwhile.');
  if (!OF_THE_PAGE.test(message) && error.name !== 'TimeoutError') return error;
  return fail(plain(message));
}

/** Without the name of the call that failed, and without the log behind it. */
export function plain(message: string): string {
  const [text = ''] = message.replace(OF_THE_PAGE, '').split(/\nCall log:|\n=+ logs/);
  return stripVTControlCharacters(text).trim().slice(0, MAX_MESSAGE);
}
