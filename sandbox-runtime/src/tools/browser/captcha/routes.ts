import { setTimeout as delay } from 'node:timers/promises';

import { browserCaptchaContract, type CaptchaDetection } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../../server/answers.ts';
import type { Tool, ToolContext } from '../../../tool.ts';
import type { BrowserSession } from '../browser-session.ts';
import { failure, type BrowserAnswer } from '../session/answer.ts';
import { BrowserFailure } from '../session/browser-failure.ts';
import { detectCaptcha } from './detect.ts';

export function browserCaptchaTool({ app }: ToolContext, browser: BrowserSession): Tool {
  const closing = new AbortController();
  const detect = async (signal: AbortSignal): Promise<BrowserAnswer<CaptchaDetection>> => {
    try {
      return await browser.withPage(async ({ page, hints }) => {
        const data = await detectCaptcha(page);
        const said = hints();
        return { ...ok(data), ...(said.length === 0 ? {} : { hint: said.join(' ') }) };
      }, signal);
    } catch (error) {
      return failure(error);
    }
  };
  implement(app, browserCaptchaContract, {
    browser_captcha_detect: (_, { signal }) => detect(signal),
    browser_captcha_wait: async ({ body }, { signal }) => {
      const { timeout = 60, poll_interval: interval = 2 } = body;
      const end = performance.now() + timeout * 1000;
      const stop = AbortSignal.any([signal, closing.signal]);
      for (;;) {
        const { success, message, data } = await detect(stop);
        if (!success || data === null) return failure<never>(new BrowserFailure(message));
        if (!data.detected) return ok({ resolved: true });
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
