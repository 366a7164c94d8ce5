import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildPages } from '../../../../hack/pages.ts';
import { testRuntime, type TestRuntime } from '../../fixtures.ts';

const PICTURES = resolve(import.meta.dirname, '../../../../.artifacts/pages');
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

let runtime: TestRuntime;
let browser: Browser;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pages-test-'));
  await mkdir(PICTURES, { recursive: true });
  await buildPages(folder);
  runtime = await testRuntime({ SANDFLEET_PAGES_DIR: folder, DISABLE_JUPYTER: 'true' });
  await runtime.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(runtime.app.server.address() as AddressInfo).port}`;
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
});

afterAll(async () => {
  await browser?.close();
  await runtime?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the page said that it should not have: errors, and what its policy refused. */
  readonly complaints: readonly string[];
}

async function open(path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  // A busy machine only makes it later.
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${url}${path}`);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const screen = (page: Page) => page.locator('.xterm-rows');
const picture = (page: Page, name: string) => page.screenshot({ path: join(PICTURES, `${name}.png`) });

/** Types at the prompt, which is there when the shell is. */
async function type(page: Page, text: string): Promise<void> {
  await holds(page, "location.search.includes('session_id=')");
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

/** Asked from outside again and again: what would wait inside the page needs eval(), which the page's policy refuses. */
const holds = (page: Page, expression: string) =>
  expect.poll(() => page.evaluate(expression), { timeout: 60_000, interval: 50 }).toBe(true);
const shows = (page: Page, text: string | RegExp) => screen(page).filter({ hasText: text }).waitFor();

describe('the terminal page', () => {
  it('shows what is typed and what comes of it, and is in the same session when loaded again', async () => {
    await using opened = await open('/terminal', { colorScheme: 'dark' });
    const { page, complaints } = opened;
    await type(page, 'KEPT=kept-$((20 + 1)); echo $KEPT');
    await shows(page, 'kept-21');
    const before = page.url();
    expect(new URL(before).pathname).toBe('/terminal/');
    await page.reload();
    await shows(page, 'kept-21');
    await type(page, 'echo again-$KEPT');
    await shows(page, 'again-kept-21');
    expect(page.url()).toBe(before);
    await type(page, 'printf "\\e]0;%s\\a" titled; ls --color=always / | head -20');
    await holds(page, "document.title.startsWith('titled')");
    await picture(page, 'terminal-dark');
    expect(complaints).toEqual([]);
  });

  it('tells programs the size that it has', async () => {
    await using opened = await open('/terminal/');
    const { page } = opened;
    const ask = 'echo "columns=$(stty size | cut -d" " -f2)="';
    // The page hears of its new size a moment later, so it is asked until it knows.
    const answers = (expected: RegExp) =>
      expect
        .poll(async () => (await type(page, ask), (await screen(page).innerText()).replaceAll('\n', '')), {
          timeout: 60_000,
          interval: 500,
        })
        .toMatch(expected);
    await answers(/columns=1\d\d=/);
    await page.setViewportSize({ width: 500, height: 400 });
    await answers(/columns=[4-6]\d=/);
  });

  it('goes on in the same session after its connection broke', async () => {
    await using opened = await open('/v1/ping');
    const { page } = opened;
    const cuts: (() => Promise<void>)[] = [];
    await page.routeWebSocket(/shell\/ws/, (socket) => {
      socket.connectToServer();
      cuts.push(() => socket.close({ code: 1012, reason: 'cut' }));
    });
    await page.goto(`${url}/terminal/`);
    await type(page, 'MARK=one-$((1 + 1)); echo $MARK');
    await shows(page, 'one-2');
    await cuts[0]?.();
    await page.locator('#status.bad').filter({ hasText: 'Connecting again' }).waitFor();
    await page.locator('#status.done').waitFor({ state: 'attached' });
    // What is typed before the new connection is there is nobody's.
    const answer = async () => (await type(page, 'echo still-$MARK'), screen(page).innerText());
    await expect.poll(answer, { timeout: 60_000, interval: 500 }).toContain('still-one-2');
    expect(cuts).toHaveLength(2);
  });

  it('says so when its session is gone, and opens another', async () => {
    await using opened = await open('/terminal/?session_id=nobody');
    const { page } = opened;
    await shows(page, 'this is a new one');
    await holds(page, "!location.search.includes('nobody') && location.search.includes('session_id=')");
  });

  it('offers a new session when the shell has ended', async () => {
    await using opened = await open('/terminal/');
    const { page } = opened;
    await type(page, 'exit');
    await page.getByRole('button', { name: 'New session' }).click();
    await type(page, 'echo new-$((2 + 2))');
    await shows(page, 'new-4');
  });

  it('works without an origin as far as it can be read, and says that it is refused', async () => {
    await using opened = await open('/v1/ping');
    const { page } = opened;
    await page.setContent(`<iframe sandbox="allow-scripts" src="${url}/terminal/" width="800" height="400"></iframe>`);
    const frame = page.frameLocator('iframe');
    await frame.locator('#status.bad').waitFor();
    await frame.locator('.xterm-rows').waitFor();
  });

  it('has the keys that a phone lacks', async () => {
    await using opened = await open('/terminal/?theme=light', { viewport: PHONE, hasTouch: true, isMobile: true });
    const { page, complaints } = opened;
    await page.getByRole('button', { name: 'Esc' }).waitFor();
    await type(page, 'cat');
    await page.keyboard.type('waits');
    await page.getByRole('button', { name: 'Ctrl' }).tap();
    await page.keyboard.type('c');
    await shows(page, '^C');
    await type(page, 'echo first-$((3 + 3))');
    await shows(page, 'first-6');
    await page.getByRole('button', { name: 'Up' }).tap();
    await page.keyboard.press('Enter');
    await shows(page, /first-6[^]*first-6/);
    await picture(page, 'terminal-phone');
    expect(complaints).toEqual([]);
  });
});

describe('the home page', () => {
  it('starts nothing before it is asked to', async () => {
    await using opened = await open('/');
    const { page, complaints } = opened;
    await page.getByText('Not running; it starts when you open it.').first().waitFor();
    await page.getByText('v0.', { exact: false }).first().waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
    const services = await runtime.call<{ state: string }[]>('GET', '/v1/services');
    expect(new Set(services.body.data.map(({ state }) => state))).toEqual(new Set(['stopped', 'disabled']));
    await picture(page, 'home-1280');
    expect(complaints).toEqual([]);
  });

  it('shows a terminal beside the rest, and finds it again when loaded again', async () => {
    await using opened = await open('/index.html');
    const { page, complaints } = opened;
    await page.getByRole('button', { name: 'Open Terminal' }).click();
    const frame = page.frameLocator('iframe[title="Terminal"]');
    await holds(page, "location.hash.includes('terminal=')");
    await frame.locator('.xterm-helper-textarea').pressSequentially('echo home-$((4 + 4))\n');
    await frame.locator('.xterm-rows').filter({ hasText: 'home-8' }).waitFor();
    await picture(page, 'home-terminal-1280');
    await page.reload();
    await frame.locator('.xterm-rows').filter({ hasText: 'home-8' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('can be used by keyboard alone', async () => {
    await using opened = await open('/');
    const { page } = opened;
    await page.getByRole('tab', { name: 'Terminal' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { name: 'Jupyter' }).getAttribute('aria-selected')).toBe('true');
    await page.getByText('Switched off for this sandbox', { exact: false }).last().waitFor();
    expect(await page.getByRole('button', { name: 'Open Jupyter' }).isDisabled()).toBe(true);
    await page.getByRole('separator').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('separator').getAttribute('aria-valuenow')).toBe('55');
    await page.getByRole('button', { name: 'To the other side' }).last().click();
    expect(await page.getByRole('tab').allTextContents()).toEqual(['Browser', 'Code', 'Jupyter', 'Terminal']);
  });

  it('lists the ports that can be looked at, and how to connect', async () => {
    await using opened = await open('/');
    const { page, complaints } = opened;
    const command = 'mkdir -p ~/site && cd ~/site && exec python3 -m http.server 24871 --bind 127.0.0.1';
    const server = await runtime.post<{ command_id: string; session_id: string }>('/v1/bash/exec', { command, async_mode: true });
    await page.getByText('Previews').click();
    await page.getByRole('link', { name: 'Port 24871' }).waitFor();
    await picture(page, 'home-previews-1280');
    const [preview] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Port 24871' }).click(),
    ]);
    await preview.getByText('Directory listing').first().waitFor();
    await page.getByText('Connect', { exact: true }).click();
    expect(await page.getByLabel('MCP, streamable HTTP').inputValue()).toBe(`${url}/mcp`);
    await page.keyboard.press('Escape');
    expect(await page.getByLabel('MCP, streamable HTTP').isVisible()).toBe(false);
    await runtime.post('/v1/bash/kill', { session_id: server.body.data.session_id });
    expect(complaints).toEqual([]);
  });

  it("has its halves one below the other on a phone's width", async () => {
    await using opened = await open('/', { viewport: PHONE, hasTouch: true, isMobile: true });
    const { page } = opened;
    await page.getByRole('button', { name: 'Open Terminal' }).tap();
    await page.frameLocator('iframe').locator('.xterm-rows').waitFor();
    const [first, second] = await Promise.all(['browser', 'terminal'].map((name) => page.locator(`#pane-${name}`).boundingBox()));
    expect((first?.y ?? 0) + (first?.height ?? 0)).toBeLessThanOrEqual(second?.y ?? 0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
    await holds(page, "location.hash.includes('terminal=')");
    await page.getByText('Connect', { exact: true }).tap();
    const menu = await page.locator('.menu[open] > div').boundingBox();
    expect([(menu?.x ?? -1) >= 0, (menu?.x ?? 0) + (menu?.width ?? 0) <= PHONE.width]).toEqual([true, true]);
    await picture(page, 'home-menu-390');
    await page.keyboard.press('Escape');
    await picture(page, 'home-390');
  });
});
