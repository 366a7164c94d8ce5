import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

import { ROOT } from '../../support/cluster.ts';
import { RESOLVER_RULES } from './subdomain-gateway.ts';

const PICTURES = join(ROOT, '.artifacts', 'pages');

const DESKTOP = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

interface Visit {
  /** Name of the file. */
  readonly picture: string;
  readonly device?: NonNullable<Parameters<Browser['newContext']>[0]>;
}

export const pictureFile = (name: string): string => join(PICTURES, `${name}.png`);

/** The browser of one who looks at a sandbox from outside. */
export class Visitor implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<Visitor> {
    await mkdir(PICTURES, { recursive: true });
    // The tests may run as root, who has no sandbox in Chromium.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', RESOLVER_RULES];
    return new Visitor(await chromium.launch({ executablePath: '/usr/bin/chromium', args, timeout: 0 }));
  }

  /**
   * Opens a page in a context of its own, without any cookie, and keeps a picture of what it ends with. Nothing that it loads may
   * come from elsewhere than this sandbox.
   */
  async visit(url: string, { picture, device = DESKTOP }: Visit, work: (page: Page) => Promise<void>): Promise<void> {
    const context = await this.#browser.newContext(device);
    // Each wait ends with what it waits for, or with the test.
    context.setDefaultTimeout(0);
    const strangers = strangersTo(url, context);
    const page = await context.newPage();
    try {
      await page.goto(url);
      await work(page);
      if (strangers.length > 0) throw new Error(`the page asked for what is not its sandbox’s: ${strangers.join(' ')}`);
    } finally {
      await page.screenshot({ path: pictureFile(picture), timeout: 30_000 }).catch(() => undefined);
      await context.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** URLs of requests and sockets that lead out of the sandbox: to another origin, or by path beside its prefix. */
function strangersTo(url: string, context: BrowserContext): readonly string[] {
  const { origin, pathname } = new URL(url);
  const home = origin + (/^\/s\/[^/]+/.exec(pathname)?.[0] ?? '');
  const isOwn = (asked: string) => asked.startsWith(`${home}/`) || /^(?:data|blob|about):/.test(asked);
  const strangers: string[] = [];
  const note = (asked: string): void => {
    if (!isOwn(asked.replace(/^ws/, 'http'))) strangers.push(asked);
  };
  context.on('request', (request) => note(request.url()));
  context.on('page', (page) => page.on('websocket', (socket) => note(socket.url())));
  return strangers;
}
