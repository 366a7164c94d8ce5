import { browserCookiesContract } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { Tool, ToolContext } from '../../../tool.ts';
import type { BrowserSession } from '../browser-session.ts';
import { answerFromBrowser } from '../session/answer.ts';
import { BrowserFailure } from '../session/browser-failure.ts';
import { toCookie } from './to-cookie.ts';

/** Five thousand cookies of four kilobytes, which is all that a browser keeps of one. */
const BODY_LIMIT = 24 * 1024 * 1024;

export function browserCookiesTool({ app }: ToolContext, browser: BrowserSession): Tool {
  implement(
    app,
    browserCookiesContract,
    {
      browser_cookies_get: ({ query }, { signal }) =>
        answerFromBrowser(browser, signal, async ({ context }) => context.cookies(urlsOf(query.urls ?? query.url))),
      browser_cookies_set: async ({ body }, { signal }) => {
        const cookies = body.cookies.map(toCookie);
        return answerFromBrowser(browser, signal, async ({ context }) => {
          await context.addCookies(cookies);
          return { count: cookies.length };
        });
      },
      browser_cookies_clear: (_, { signal }) =>
        answerFromBrowser(browser, signal, async ({ context }) => {
          const before = await context.cookies();
          await context.clearCookies();
          return { cleared: before.length };
        }),
    },
    { route: (operationId) => (operationId === 'browser_cookies_set' ? { bodyLimit: BODY_LIMIT } : {}) },
  );
  return { contract: browserCookiesContract, close: async () => {} };
}

/** A comma may also stand inside of a URL: only one before the next scheme parts them. */
function urlsOf(text: string | undefined): string[] {
  const urls = (text ?? '')
    .split(/,(?=\s*[a-z][a-z0-9+.-]*:)/i)
    .map((url) => url.trim())
    .filter((url) => url !== '');
  const wrong = urls.find((url) => !URL.canParse(url));
  if (wrong !== undefined) throw new BrowserFailure(`This is no URL: ${wrong.slice(0, 200)}`);
  return urls;
}
