import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@sandfleet/server-kit';

import type { Config, Environment } from '../../config.ts';
import type { ServiceDefinition } from '../definition.ts';
import { ask, refuseTakenPort } from '../listening.ts';
import type { BrowserOptions } from '../service.ts';
import { chromiumFlags, extraFlags } from './chromium-flags.ts';
import { policies } from './policies.ts';
import { clearRemains, prepareProfile, replaceFile } from './profile.ts';
import { canSandbox, hasSharedMemory } from './surroundings.ts';

export interface BrowserDefinitionOptions {
  readonly config: Config;
  /** With DISPLAY. */
  readonly env: Environment;
  readonly size: () => { readonly width: number; readonly height: number };
  readonly options: () => BrowserOptions;
  readonly proxyFlags: () => readonly string[];
  readonly log: Logger;
}

const FIRST_PAGE_MS = 5000;
const PAUSE_MS = 20;

/**
 * Chromium on the screen. Its DevTools listen on loopback TCP, where every client wants them; pages can't use that: Chromium refuses
 * WebSockets with an Origin and hosts that are names, and no flag may change it.
 */
export function browser({ config, env, size, options, proxyFlags, log }: BrowserDefinitionOptions): ServiceDefinition {
  const port = config.BROWSER_REMOTE_DEBUGGING_PORT;
  const userDataDir = join(config.HOME, '.config/sandfleet-chromium');
  const downloads = join(config.HOME, 'Downloads');
  const policyFile = join(policyFolder(config), 'sandfleet.json');
  const extra = extraFlags(config.BROWSER_EXTRA_ARGS ?? '');
  if (extra.refused.length > 0) log.warn({ refused: extra.refused }, 'flags of BROWSER_EXTRA_ARGS that are not passed on');
  return {
    name: 'browser',
    disabledBy: config.DISABLE_BROWSER ? 'DISABLE_BROWSER' : undefined,
    needs: ['screen'],
    graceMs: config.SERVICE_STOP_GRACE_SECONDS * 1000,
    prepare: async () => {
      await refuseTakenPort(port);
      const [sandbox, sharedMemory] = await Promise.all([
        canSandbox(),
        hasSharedMemory(),
        prepareProfile(userDataDir, downloads),
        replaceFile(policyFile, policiesOf(config, options(), downloads)),
      ]);
      const flags = chromiumFlags({
        userDataDir,
        debuggingPort: port,
        size: size(),
        canSandbox: sandbox,
        hasSharedMemory: sharedMemory,
        languages: options().locale ?? config.BROWSER_LANG,
        uiLanguage: options().locale ?? config.CHROME_UI_LANG,
        userAgent: config.BROWSER_USER_AGENT,
        proxyFlags: proxyFlags(),
        extra: extra.taken,
        homepage: homepageOf(config),
      });
      return [
        {
          name: 'chromium',
          command: [config.SANDFLEET_CHROMIUM, ...flags],
          directory: config.HOME,
          env: { ...env, ...quiet, ...languageOf(options().locale ?? config.CHROME_UI_LANG) },
          ready: { line: /^DevTools listening on ws:/, failure: /Cannot start http server for devtools/ },
        },
      ];
    },
    started: (signal) => firstPage(port, signal),
    clear: () => clearRemains(userDataDir),
  };
}

export const policyFolder = (config: Config): string =>
  config.SANDFLEET_CHROMIUM_POLICY_DIR ?? join(config.HOME, '.config/sandfleet/chromium-policies');

/** Without keys it complains on every page, unless it is told that there shall be none; and there is no bus to ask. */
const quiet: Environment = {
  GOOGLE_API_KEY: 'no',
  GOOGLE_DEFAULT_CLIENT_ID: 'no',
  GOOGLE_DEFAULT_CLIENT_SECRET: 'no',
  DBUS_SESSION_BUS_ADDRESS: 'disabled:',
  DBUS_SYSTEM_BUS_ADDRESS: 'disabled:',
};

/** On Linux the language of menus and dialogs comes from here. */
const languageOf = (language: string | undefined): Environment =>
  language === undefined ? {} : { LANGUAGE: language.split(/[,;]/)[0]?.replace('-', '_') ?? '' };

/** Text that begins like a flag would be taken for one. */
const homepageOf = ({ HOMEPAGE: page }: Config): string | undefined =>
  page !== undefined && URL.canParse(page) && !page.startsWith('-') ? page : undefined;

function policiesOf(config: Config, options: BrowserOptions, downloads: string): string {
  return policies({
    urlBlocklist: options.urlBlocklist ?? [],
    urlAllowlist: options.urlAllowlist ?? [],
    allowFileSelectionDialogs: options.allowFileSelectionDialogs ?? config.BROWSER_ALLOW_FILE_SELECTION_DIALOGS,
    downloads,
    dnsOverHttps: config.DNS_OVER_HTTPS_TEMPLATES,
  });
}

/** DevTools listen before the first window is there; who drives the browser expects a page. It does without when none comes. */
async function firstPage(port: number, over: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([over, AbortSignal.timeout(FIRST_PAGE_MS)]);
  while (!signal.aborted) {
    const answer = await ask({ where: port, path: '/json/list', signal }).catch(() => undefined);
    if (answer !== undefined && /"type":\s*"page"/.test(answer.body)) return;
    await delay(PAUSE_MS);
  }
}
