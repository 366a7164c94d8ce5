import { setTimeout as delay } from 'node:timers/promises';

import { browserCaptchaContract, type CaptchaDetection } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../../server/answers.ts';
import type { Tool, ToolContext } from '../../../tool.ts';
import type { BrowserSession } from '../browser-session.ts';
import { failure, type BrowserAnswer } from '../session/answer.ts';
import { BrowserFailure } from '../session/browser-failure.ts';
import { detectCaptcha, SilentPage } from './detect.ts';

export function browserCaptchaTool({ app }: ToolContext, browser: BrowserSession): Tool {
  const closing = new AbortController();
  const detect = (signal: AbortSignal): Promise<BrowserAnswer<CaptchaDetection>> =>
    browser.withPage(async ({ page, hints }) => {
      const data = await detectCaptcha(page);
      const said = hints();
      return { ...ok(data), ...(said.length === 0 ? {} : { hint: said.join(' ') }) };
    }, signal);
  /** Undefined where the page does not say: it is asked again. */
  const isOpen = async (signal: AbortSignal): Promise<boolean | undefined> => {
    try {
      return await browser.withPage(async ({ page }) => (await detectCaptcha(page)).detected, signal);
    } catch (error) {
      if (error instanceof SilentPage) return undefined;
      throw error;
    }
  };
  implement(app, browserCaptchaContract, {
    browser_captcha_detect: (_, { signal }) => detect(signal).catch((error: unknown) => failure(error)),
    browser_captcha_wait: async ({ body }, { signal }) => {
      const { timeout = 60, poll_interval: interval = 2 } = body;
      const end = performance.now() + timeout * 1000;
      const stop = AbortSignal.any([signal, closing.signal]);
      for (;;) {
        const seen = await isOpen(stop).catch((error: unknown) => failure<never>(error));
        if (typeof seen === 'object') return seen;
        if (seen === false) return ok({ resolved: true });
        const left = end - performance.now();
        if (left <= 0) return ok({ resolved: false });
        await delay(Math.min(left, interval * 1000), undefined, { signal: stop }).catch(() => undefined);
        if (closing.signal.aborted) return ok({ resolved: false });
        stop.throwIfAborted();
      }
    },
  });
  return {
    contract: browserCaptchaContract,
    close: async () => closing.abort(new BrowserFailure('The sandbox stops.')),
  };
}
