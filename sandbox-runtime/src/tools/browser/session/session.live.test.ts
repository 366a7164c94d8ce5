import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { testRuntime, type TestRuntime } from '../../../fixtures.ts';
import { within } from './until.ts';

/** What the conformance suite can't do from outside: other clients of the same browser, several windows, tabs that hang. */
const DEVTOOLS = 24_110;
const WAIT = { timeout: 60_000, interval: 50 };
const PAGES: Readonly<Record<string, string>> = {
  '/one': '<title>One</title>one',
  '/two': '<title>Two</title>two',
  '/get': '<title>Get</title><a id=a href=/file>get</a>',
};

interface Tab {
  readonly index: number;
  readonly tab_id: string;
  readonly title: string;
  readonly url: string;
  readonly active: boolean;
}

interface Listed {
  readonly downloads: readonly { readonly path: string; readonly state: string; readonly size: number }[];
}

describe.skipIf(!existsSync('/usr/bin/Xvnc') || !existsSync('/usr/bin/chromium'))(
  'the browser session',
  { timeout: 300_000 },
  () => {
    let runtime: TestRuntime;
    let pages: Server;
    let site = '';
    let other: Browser;

    beforeAll(async () => {
      pages = createServer((request, response) => {
        if (request.url === '/file') {
          response.setHeader('content-disposition', 'attachment; filename="../re:port.txt"');
          return response.end('content');
        }
        response.setHeader('content-type', 'text/html');
        return response.end(PAGES[request.url ?? ''] ?? '');
      });
      await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
      const address = pages.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      site = `http://127.0.0.1:${address.port}`;
      runtime = await testRuntime({
        SANDFLEET_DISPLAY: '41',
        BROWSER_REMOTE_DEBUGGING_PORT: String(DEVTOOLS),
        SANDFLEET_DESKTOP_DIR: fileURLToPath(new URL('../../../../image/desktop', import.meta.url)),
      });
      await runtime.post('/v1/browser/tabs', { url: `${site}/one` });
      await runtime.call('DELETE', '/v1/browser/tabs/0');
      other = await chromium.connectOverCDP(`http://127.0.0.1:${DEVTOOLS}`, { noDefaults: true });
    }, 300_000);

    afterAll(async () => {
      await other?.close();
      await runtime?.[Symbol.asyncDispose]();
      pages?.closeAllConnections();
      pages?.close();
    }, 120_000);

    const tabs = async (): Promise<readonly Tab[]> => (await runtime.call<readonly Tab[]>('GET', '/v1/browser/tabs')).body.data;
    const active = async () => (await tabs()).filter((tab) => tab.active).map(({ title }) => title);

    it('works on the tab that another client brings to the front, in whatever window', async () => {
      const [context] = other.contexts();
      const devtools = await other.newBrowserCDPSession();
      await devtools.send('Target.createTarget', { url: `${site}/two`, newWindow: true });
      await vi.waitFor(async () => expect(await active()).toEqual(['Two']), WAIT);
      await context
        ?.pages()
        .find((page) => page.url() === `${site}/one`)
        ?.bringToFront();
      await vi.waitFor(async () => expect(await active()).toEqual(['One']), WAIT);
      await devtools.send('Target.createTarget', { url: `${site}/get`, background: true });
      await vi.waitFor(async () => expect((await tabs()).map(({ title }) => title)).toEqual(['One', 'Two', 'Get']), WAIT);
      expect(await active()).toEqual(['One']);
      for (const page of context?.pages() ?? []) if (page.url() !== `${site}/one`) await page.close();
    });

    it('tells of tabs that others close, once', async () => {
      const page = await other.contexts()[0]?.newPage();
      await page?.goto(`${site}/two`);
      await vi.waitFor(async () => expect(await tabs()).toHaveLength(2), WAIT);
      await page?.close();
      const hints: string[] = [];
      await vi.waitFor(async () => {
        hints.push((await runtime.call('GET', '/v1/browser/tabs')).body.hint ?? '');
        expect(hints.join(' ')).toContain('The tab "Two" was closed.');
      }, WAIT);
      expect((await runtime.call('GET', '/v1/browser/tabs')).body.hint).toBeUndefined();
    });

    it('keeps in the home what another client downloads elsewhere, under a name that is safe', async () => {
      const elsewhere = join(runtime.home, 'elsewhere');
      const [context] = other.contexts();
      const devtools = await other.newBrowserCDPSession();
      await devtools.send('Browser.setDownloadBehavior', { behavior: 'allowAndName', downloadPath: elsewhere });
      const page = await context?.newPage();
      await page?.goto(`${site}/get`);
      await page?.click('#a');
      const done = await vi.waitFor(async () => {
        const { downloads } = (await runtime.call<Listed>('GET', '/v1/browser/downloads')).body.data;
        const found = downloads.find(({ state }) => state === 'completed');
        expect(found).toBeDefined();
        return found;
      }, WAIT);
      expect(dirname(done?.path ?? '')).toBe(join(runtime.home, 'Downloads'));
      expect(basename(done?.path ?? '')).toMatch(/^[^.:].*port\.txt$/);
      expect(await readFile(done?.path ?? '', 'utf8')).toBe('content');
      await page?.close();
    });

    it('lists a tab that hangs, connects although it does, and replaces it', async () => {
      await runtime.post('/v1/browser/tabs', { url: `${site}/two` });
      const titles = async () => (await tabs()).map(({ title }) => title).toSorted();
      // A new connection, which has asked the tab for nothing yet.
      expect((await runtime.post('/v1/browser/restart', { mode: 'soft' })).body).toMatchObject({ success: true });
      const find = () =>
        other
          .contexts()[0]
          ?.pages()
          .find((one) => one.url() === `${site}/two`);
      await vi.waitFor(() => expect(find()).toBeDefined(), WAIT);
      const page = find();
      page?.evaluate('for (;;);').catch(() => undefined);
      await vi.waitFor(async () => expect(await within(500, Promise.resolve(page?.evaluate('1')), 'hangs')).toBe('hangs'), WAIT);
      expect(await titles()).toEqual(['One', 'Two']);
      const answer = await runtime.post('/v1/browser/restart', { mode: 'soft' });
      expect([answer.status, answer.body.success]).toEqual([200, true]);
      expect(answer.body.hint).toMatch(/two" answered nothing and was replaced/);
      expect(await titles()).toEqual(['One', 'Two']);
    });

    it('refuses what is too much', async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => runtime.call('GET', '/v1/browser/cookies')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    });
  },
);
