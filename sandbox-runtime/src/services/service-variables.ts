import { Type } from 'typebox';

import { SERVICE_NAMES } from './service.ts';

/** As in Accept-Language: `en-US`, `de,en;q=0.8`. */
const LANGUAGES = '^[A-Za-z]{2,3}[A-Za-z0-9,;=.-]{0,125}$';

const idleSeconds = (what: string, value?: number) =>
  Type.Number({
    minimum: 0,
    maximum: 2_000_000,
    ...(value === undefined ? {} : { default: value }),
    description: `seconds without use after which ${what} is stopped; 0 is never`,
  });

/** The variables that the services read. */
export const SERVICE_VARIABLES = {
  DISABLE_BROWSER: Type.Boolean({ default: false, description: 'never start Chromium' }),
  DISABLE_VNC: Type.Boolean({ default: false, description: 'never show the screen to anybody' }),
  DISABLE_JUPYTER: Type.Boolean({ default: false, description: 'never start JupyterLab; the kernels of the API are there' }),
  DISABLE_CODE_SERVER: Type.Boolean({ default: false, description: 'never start code-server' }),
  WARM_SERVICES: Type.Array(Type.Enum(['all', ...SERVICE_NAMES]), {
    maxItems: 16,
    default: [],
    description: 'services that start with the sandbox rather than with their first use',
  }),
  WARM_SERVICES_REQUIRED: Type.Boolean({
    default: false,
    description: 'be ready only once the services of WARM_SERVICES have come up or failed',
  }),
  SERVICE_START_SECONDS: Type.Number({
    minimum: 0.1,
    maximum: 3600,
    default: 30,
    description: 'what a service gets to come up, and for how long a call waits for it',
  }),
  SERVICE_IDLE_SECONDS: idleSeconds('a service', 600),
  SCREEN_IDLE_SECONDS: Type.Optional(idleSeconds('the screen')),
  BROWSER_IDLE_SECONDS: Type.Optional(idleSeconds('the browser')),
  JUPYTER_LAB_IDLE_SECONDS: Type.Optional(idleSeconds('JupyterLab')),
  CODE_SERVER_IDLE_SECONDS: Type.Optional(idleSeconds('code-server')),
  SERVICE_STOP_GRACE_SECONDS: Type.Number({
    minimum: 0,
    maximum: 600,
    default: 5,
    description: 'what a service gets to end by itself before it is killed',
  }),
  DISPLAY_WIDTH: Type.Integer({ minimum: 320, maximum: 7680, default: 1280, description: 'width of the screen in pixels' }),
  DISPLAY_HEIGHT: Type.Integer({ minimum: 240, maximum: 4320, default: 1024, description: 'height of the screen in pixels' }),
  HOMEPAGE: Type.Optional(Type.String({ maxLength: 2048, description: 'first page of the browser' })),
  BROWSER_LANG: Type.String({ pattern: LANGUAGES, default: 'en-US', description: 'languages that the browser asks pages for' }),
  CHROME_UI_LANG: Type.Optional(Type.String({ pattern: LANGUAGES, description: 'language of the browser itself' })),
  BROWSER_USER_AGENT: Type.Optional(Type.String({ maxLength: 1024, description: 'what the browser calls itself' })),
  BROWSER_EXTRA_ARGS: Type.Optional(
    Type.String({ maxLength: 16_384, description: 'more flags of Chromium, quoted as for a shell' }),
  ),
  BROWSER_ALLOW_FILE_SELECTION_DIALOGS: Type.Optional(
    Type.Boolean({ description: 'whether pages may ask for files by a dialog; the browser’s own way when left out' }),
  ),
  DNS_OVER_HTTPS_TEMPLATES: Type.Optional(
    Type.String({ maxLength: 4096, description: 'DNS-over-HTTPS servers of the browser, as URI templates apart by blanks' }),
  ),
  BROWSER_REMOTE_DEBUGGING_PORT: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: 9222,
    description: 'loopback port of Chromium’s DevTools',
  }),
  JUPYTER_LAB_PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 8888, description: 'loopback port of JupyterLab' }),
  SANDFLEET_DISPLAY: Type.Integer({ minimum: 0, maximum: 59_535, default: 99, description: 'number of the X display' }),
  SANDFLEET_CHROMIUM: Type.String({
    default: '/usr/lib/chromium/chromium',
    description: 'Chromium itself: the script before it in Debian takes flags from elsewhere',
  }),
  SANDFLEET_CHROMIUM_POLICY_DIR: Type.Optional(
    Type.String({ description: 'where Chromium reads its managed policies from; in the home when left out' }),
  ),
  SANDFLEET_DESKTOP_DIR: Type.String({ default: '/opt/sandfleet/desktop', description: 'directory of openbox.xml' }),
  SANDFLEET_CODE_SERVER: Type.String({ default: 'code-server', description: 'the editor’s program' }),
} as const;
