import {
  browserPageContentContract,
  browserPageContract,
  browserPageInputContract,
  browserPageNavigationContract,
  browserPageScriptContract,
} from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import type { AliasConfig } from '../../../server/aliases.ts';
import type { Tool, ToolContext } from '../../../tool.ts';
import type { BrowserSession } from '../browser-session.ts';
import { allowedUrl } from './allowed-url.ts';
import { cdpOf } from './cdp.ts';
import { ConsoleLog } from './console-log.ts';
import { contentHandlers } from './content-handlers.ts';
import { Recorder } from './film/recorder.ts';
import { inputHandlers } from './input-handlers.ts';
import { goInHistory, navigate, reload } from './navigate.ts';
import { NetworkIdle } from './network-idle.ts';
import { runOnPage } from './run-on-page.ts';
import { scriptHandlers } from './script-handlers.ts';
import { DownloadQueue } from './take-download.ts';

const SECONDS = 30;

/** A URL of data, a text to fill in and a script may have a million characters, each of which JSON may write as six. */
const BODY_LIMITS: Readonly<Record<string, number>> = {
  browser_page_navigate: 4 * 1024 * 1024,
  browser_page_fill: 6 * 1024 * 1024,
  browser_page_fill_form: 6 * 1024 * 1024,
  browser_page_evaluate: 6 * 1024 * 1024,
};

const ALIASES: Readonly<Record<string, AliasConfig['aliases']>> = {
  browser_page_fill: { value: 'text' },
  browser_page_evaluate: { script: 'expression' },
};

export function browserPageTool(context: ToolContext, browser: BrowserSession): Tool {
  const { app, config, env, places } = context;
  const consoleLog = new ConsoleLog();
  const idle = new NetworkIdle();
  const downloads = new DownloadQueue(browser.downloads);
  const recorder = new Recorder(places, env);
  const stopListening = browser.onPage((page) => {
    consoleLog.follow(page);
    idle.follow(page);
    // Made while the page still answers: it is what ends a script that never does.
    cdpOf(page).catch(() => {});
  });

  const route = (operationId: string) => {
    const bodyLimit = BODY_LIMITS[operationId];
    const aliases = ALIASES[operationId];
    return {
      ...(bodyLimit === undefined ? {} : { bodyLimit }),
      ...(aliases === undefined ? {} : { config: { aliases } satisfies AliasConfig }),
    };
  };
  const schemes = config.SANDFLEET_PAGE_URL_SCHEMES;
  implement(
    app,
    browserPageNavigationContract,
    {
      browser_page_navigate: ({ body }, { signal }) => {
        const seconds = body.timeout ?? SECONDS;
        return runOnPage(browser, { signal, seconds, what: 'The navigation' }, async (turn) =>
          navigate(turn, allowedUrl(body.url, schemes), body.wait_until ?? 'load', seconds),
        );
      },
      browser_page_back: ({ body }, { signal }) => {
        const seconds = body.timeout ?? SECONDS;
        return runOnPage(browser, { signal, seconds, what: 'Going back' }, (turn) => goInHistory(turn, -1, seconds));
      },
      browser_page_forward: ({ body }, { signal }) => {
        const seconds = body.timeout ?? SECONDS;
        return runOnPage(browser, { signal, seconds, what: 'Going forward' }, (turn) => goInHistory(turn, 1, seconds));
      },
      browser_page_reload: ({ body }, { signal }) => {
        const seconds = body.timeout ?? SECONDS;
        return runOnPage(browser, { signal, seconds, what: 'The reload' }, (turn) => reload(turn, seconds));
      },
    },
    { route },
  );
  implement(app, browserPageInputContract, inputHandlers(context, browser), { route });
  implement(app, browserPageContentContract, contentHandlers(context, browser, consoleLog), { route });
  implement(app, browserPageScriptContract, scriptHandlers(context, browser, { recorder, idle, downloads, places }), { route });
  return {
    contract: browserPageContract,
    close: async () => {
      stopListening();
      await recorder.close();
    },
  };
}
