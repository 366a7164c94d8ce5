import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';

import { ROOT } from '../../support/cluster.ts';
import { RESOLVER_RULES } from './subdomain-gateway.ts';

const PICTURES = join(ROOT, '.artifacts', 'pages');

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

  /** Opens a page in a context of its own, without any cookie, and keeps a picture of what it ends with. */
  async visit(url: string, picture: string, work: (page: Page) => Promise<void>): Promise<void> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 } });
    // Each wait ends with what it waits for, or with the test.
    context.setDefaultTimeout(0);
    const page = await context.newPage();
    try {
      await page.goto(url);
      await work(page);
    } finally {
      await page.screenshot({ path: join(PICTURES, `${picture}.png`), timeout: 30_000 }).catch(() => undefined);
      await context.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
