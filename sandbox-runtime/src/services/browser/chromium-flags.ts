import { shellWords } from '../shell-words.ts';

export interface FlagOptions {
  readonly userDataDir: string;
  readonly debuggingPort: number;
  readonly size: { readonly width: number; readonly height: number };
  /** Whether the kernel lets Chromium build its own sandbox. */
  readonly canSandbox: boolean;
  /** Whether /dev/shm is large enough. */
  readonly hasSharedMemory: boolean;
  /** As in Accept-Language. */
  readonly languages: string;
  readonly uiLanguage: string | undefined;
  readonly userAgent: string | undefined;
  readonly proxyFlags: readonly string[];
  /** Flags of the user, already judged. */
  readonly extra: readonly string[];
  readonly homepage: string | undefined;
}

/** No calls home, no questions, nothing that updates itself, and no process that a page does not need. */
const QUIET = [
  '--no-first-run',
  '--no-default-browser-check',
  '--no-service-autorun',
  '--no-pings',
  '--disable-background-networking',
  '--disable-breakpad',
  '--disable-client-side-phishing-detection',
  '--disable-component-extensions-with-background-pages',
  '--disable-component-update',
  '--disable-crashpad-for-testing',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-field-trial-config',
  '--disable-prompt-on-repost',
  '--disable-quic',
  '--disable-search-engine-choice-screen',
  '--disable-sync',
  '--hide-crash-restore-bubble',
  '--metrics-recording-only',
  '--noerrdialogs',
  '--password-store=basic',
] as const;

/** What makes pages behave alike for a program and for a person who watches. */
const STEADY = [
  '--allow-pre-commit-input',
  '--disable-back-forward-cache',
  '--disable-backgrounding-occluded-windows',
  '--disable-hang-monitor',
  '--disable-ipc-flooding-protection',
  '--disable-popup-blocking',
  '--disable-renderer-backgrounding',
  '--force-color-profile=srgb',
] as const;

/** There is no graphics card: a process for it would only take memory. */
const LEAN = ['--disable-gpu', '--in-process-gpu', '--disable-extensions'] as const;

const FEATURES_ON = ['CDPScreenshotNewSurface', 'NetworkServiceInProcess2'];
const FEATURES_OFF = [
  'AudioServiceOutOfProcess',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DialMediaRouteProvider',
  'GlobalMediaControls',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'OptimizationHints',
  'PaintHolding',
  'SpareRendererForSitePerProcess',
  'Translate',
  // Two pages of the address bar, loaded ahead in a process of their own: 55 MiB.
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxPopup',
];

/** The command line behind the program's name. */
export function chromiumFlags(options: FlagOptions): readonly string[] {
  const { size, extra, proxyFlags, userAgent, uiLanguage, homepage } = options;
  const given = [...proxyFlags, ...extra];
  const wantsExtensions = given.some((flag) => /^--?(load-extension|disable-extensions-except)=/.test(flag));
  return [
    ...QUIET,
    ...STEADY,
    ...LEAN.filter((flag) => !(wantsExtensions && flag === '--disable-extensions')),
    `--user-data-dir=${options.userDataDir}`,
    `--remote-debugging-port=${options.debuggingPort}`,
    '--window-position=0,0',
    `--window-size=${size.width},${size.height}`,
    '--start-maximized',
    // Without its sandbox it warns on every page, unless it believes to be under test.
    ...(options.canSandbox ? [] : ['--no-sandbox', '--test-type']),
    ...(options.hasSharedMemory ? [] : ['--disable-dev-shm-usage']),
    `--accept-lang=${withoutWeights(options.languages)}`,
    ...(uiLanguage === undefined ? [] : [`--lang=${uiLanguage}`]),
    ...(userAgent === undefined ? [] : [`--user-agent=${userAgent}`]),
    ...given.filter((flag) => !FEATURES.test(flag)),
    // Of several such flags only the last would count.
    `--enable-features=${[...FEATURES_ON, ...featuresOf(given, 'enable')].join(',')}`,
    `--disable-features=${[...FEATURES_OFF, ...featuresOf(given, 'disable')].join(',')}`,
    homepage ?? 'about:blank',
  ];
}

/** Chromium weighs languages itself, by their order. */
const withoutWeights = (languages: string): string =>
  languages
    .split(',')
    .map((language) => language.replace(/;.*/, '').trim())
    .join(',');

const FEATURES = /^--?(enable|disable)-features=(.*)$/s;

const featuresOf = (flags: readonly string[], what: 'enable' | 'disable'): readonly string[] =>
  flags.flatMap((flag) => {
    const [, way, names = ''] = FEATURES.exec(flag) ?? [];
    return way === what ? names.split(',').filter((name) => name !== '') : [];
  });

/** Who may debug the browser, and where it keeps what it knows, is not for a variable to say. */
const REFUSED =
  /^(remote-debugging-.*|remote-allow-origins|user-data-dir|headless|enable-logging|log-file|custom-devtools-frontend)$/;

export interface ExtraFlags {
  readonly taken: readonly string[];
  /** With the reason. */
  readonly refused: readonly string[];
}

/** Splits and judges BROWSER_EXTRA_ARGS. */
export function extraFlags(line: string): ExtraFlags {
  let words: readonly string[];
  try {
    words = shellWords(line);
  } catch (error) {
    return { taken: [], refused: [error instanceof Error ? error.message : String(error)] };
  }
  const isTaken = (word: string) => {
    const [, name] = /^--?([^=]+)(?:=.*)?$/s.exec(word) ?? [];
    return name !== undefined && name !== '-' && !REFUSED.test(name.toLowerCase());
  };
  return { taken: words.filter(isTaken), refused: words.filter((word) => !isTaken(word)) };
}
