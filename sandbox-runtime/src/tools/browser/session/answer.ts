import { ApiError } from '@sandfleet/contract';

import { ok } from '../../../server/answers.ts';
import { FileError } from '../../file/file-error.ts';
import { plain } from '../page/page-error.ts';
import type { ActiveBrowser, BrowserSession } from '../browser-session.ts';
import { BrowserFailure } from './browser-failure.ts';

export interface BrowserAnswer<T> {
  success: boolean;
  message: string;
  data: T | null;
  hint?: string;
}

/** Runs one call on the browser and puts it in the envelope, with what has happened meanwhile as its hint. */
export async function answerFromBrowser<T>(
  browser: BrowserSession,
  signal: AbortSignal,
  action: (active: ActiveBrowser) => Promise<T>,
): Promise<BrowserAnswer<T>> {
  let hints: () => readonly string[] = () => [];
  const noted = () => (hints().length === 0 ? {} : { hint: hints().join(' ') });
  try {
    const data = await browser.withBrowser((active) => {
      ({ hints } = active);
      return action(active);
    }, signal);
    return { ...ok<T | null>(data), ...noted() };
  } catch (error) {
    return { ...failure<T>(error), ...noted() };
  }
}

/**
 * The answer that a failed tool gives.
 *
 * @throws the error itself when it is not the browser's or the file system's
 */
export function failure<T>(error: unknown, data: T | null = null): BrowserAnswer<T> {
  if (error instanceof BrowserFailure || error instanceof FileError) return { success: false, message: error.message, data };
  if (error instanceof ApiError || !(error instanceof Error) || !isOfPlaywright(error)) throw error;
  return { success: false, message: plain(error.message), data };
}

/** Its errors have no class of their own: they begin with the name of the call, or with what the protocol said. */
const isOfPlaywright = ({ name, message }: Error): boolean =>
  name === 'TimeoutError' || /^(?:[a-zA-Z]+\.[$a-zA-Z]+: |Protocol error )/.test(message);
