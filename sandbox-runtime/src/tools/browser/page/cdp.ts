import type { CDPSession, Page } from 'playwright-core';

const sessions = new WeakMap<Page, Promise<CDPSession>>();

/** The DevTools session of a page, made once. Made early it also reaches a page whose scripts are stuck. */
export function cdpOf(page: Page): Promise<CDPSession> {
  const known = sessions.get(page);
  if (known !== undefined) return known;
  const made = page.context().newCDPSession(page);
  sessions.set(page, made);
  made.catch(() => sessions.delete(page));
  return made;
}

/**
 * Ends the script that keeps a page from answering for so long; one that waits for something is not touched. It does
 * nothing for a page that is being left: until it has let go of its document Chromium holds back what is sent to it.
 */
export async function unstick(page: Page, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => void (timer = setTimeout(resolve, milliseconds, false)));
  try {
    // An end that nothing runs to take would hit the next script instead.
    const answers = await Promise.race([isAnswering(page), late]);
    if (!answers) await Promise.race([endScript(page), new Promise((resolve) => setTimeout(resolve, END_MS))]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a script that is ended gets to be over. */
const END_MS = 200;

/** Resolves once the page answers; one that is gone is not stuck. */
export const isAnswering = (page: Page): Promise<boolean> =>
  cdpOf(page)
    .then((session) => session.send('Runtime.evaluate', { expression: '1' }))
    .then(
      () => true,
      () => true,
    );

const endScript = (page: Page): Promise<void> =>
  cdpOf(page)
    .then((session) => session.send('Runtime.terminateExecution'))
    .then(
      () => undefined,
      () => undefined,
    );
