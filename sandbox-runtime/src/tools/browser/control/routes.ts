import { browserControlContract, type BrowserInfo } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';
import type { IncomingHttpHeaders } from 'node:http';

import { Slots } from '../../../process/slots.ts';
import { ok } from '../../../server/answers.ts';
import { outsideOf } from '../../../surfaces/carry/outside.ts';
import type { Tool, ToolContext } from '../../../tool.ts';
import type { ActiveBrowser, BrowserSession } from '../browser-session.ts';
import { answerFromBrowser } from '../session/answer.ts';
import { within } from '../session/until.ts';
import { listDownloads } from './list-downloads.ts';
import { optionsAfter } from './options-after.ts';

/** A page that hangs has a size as well, but does not tell. */
const SIZE_MS = 1000;
const WAITING_RESTARTS = 4;
const NULLABLE = ['url_blocklist', 'url_allowlist', 'allow_file_selection_dialogs', 'locale'];

/** Its end is also the session's: no other tool ends that. */
export function browserControlTool({ app, services }: ToolContext, browser: BrowserSession): Tool {
  const oneAtATime = new Slots(1, WAITING_RESTARTS);
  implement(
    app,
    browserControlContract,
    {
      browser_info: (_, { request, signal }) =>
        answerFromBrowser(browser, signal, async (active) => infoOf(active, request.headers, services.screenSize)),
      browser_restart: ({ body }, { signal }) =>
        oneAtATime.run(signal, async () => {
          const { mode = 'hard', ...changes } = body;
          services.browserOptions = optionsAfter(services.browserOptions, changes);
          browser.rules.clear();
          browser.network.clear();
          await browser.disconnect();
          if (mode === 'hard') await services.get('browser').stop();
          const isLater = mode === 'soft' && Object.keys(changes).length > 0;
          return answerFromBrowser(browser, signal, async ({ cdp, hint }) => {
            if (isLater) hint('The browser takes over the new settings when it starts: restart it with mode hard.');
            const { urlBlocklist, urlAllowlist, allowFileSelectionDialogs, locale } = services.browserOptions;
            return {
              mode,
              browser: (await cdp.send('Browser.getVersion')).product,
              url_blocklist: [...(urlBlocklist ?? [])],
              url_allowlist: [...(urlAllowlist ?? [])],
              allow_file_selection_dialogs: allowFileSelectionDialogs ?? null,
              locale: locale ?? null,
            };
          });
        }),
      browser_downloads: async () =>
        ok({ directory: browser.downloads.directory, downloads: await listDownloads(browser.downloads) }),
    },
    { route: (operationId) => (operationId === 'browser_restart' ? { config: { keepsNull: NULLABLE } } : {}) },
  );
  return { contract: browserControlContract, close: () => browser.close() };
}

async function infoOf(
  { cdp, front }: ActiveBrowser,
  headers: IncomingHttpHeaders,
  viewport: BrowserInfo['viewport'],
): Promise<BrowserInfo> {
  const { scheme, host, prefix } = outsideOf(headers);
  const [{ userAgent }, page] = await Promise.all([cdp.send('Browser.getVersion'), front.find()]);
  const ask = page?.evaluate<unknown>('({ width: innerWidth, height: innerHeight })');
  const size = ask === undefined ? undefined : toSize(await within(SIZE_MS, ask, undefined));
  return {
    user_agent: userAgent,
    cdp_url: `${scheme === 'https' ? 'wss' : 'ws'}://${host}${prefix}/cdp`,
    vnc_url: `${scheme}://${host}${prefix}/vnc/index.html?autoconnect=true`,
    viewport: { width: viewport.width, height: viewport.height },
    ...(size === undefined ? {} : { page_viewport: size }),
  };
}

/** A page can say that it is of any size. */
function toSize(value: unknown): BrowserInfo['viewport'] | undefined {
  const { width, height } = (value ?? {}) as { readonly width?: unknown; readonly height?: unknown };
  return Number.isSafeInteger(width) && Number.isSafeInteger(height)
    ? { width: Number(width), height: Number(height) }
    : undefined;
}
