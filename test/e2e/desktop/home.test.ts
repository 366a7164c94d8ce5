import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from '../support/cluster.ts';
import { IS_LOCAL, MODES, Places } from './support/places.ts';
import { ECHO_PAGE_SERVER } from './support/preview-server.ts';
import { Screen, sees } from './support/screen.ts';
import { overflowOf } from './support/overflow.ts';
import { PHONE, pictureFile, Visitor } from './support/visitor.ts';

const GREEN = [20, 160, 60] as const;
const PREVIEW_PORT = 3457;
const TEN_MINUTES = 600_000;

describe('the home page of a sandbox', { timeout: TEN_MINUTES, retry: 1 }, () => {
  let places: Places;
  let visitor: Visitor;
  beforeAll(async () => {
    places = await Places.open();
    visitor = await Visitor.start();
  }, TEN_MINUTES);
  afterAll(async () => {
    await visitor?.[Symbol.asyncDispose]();
    await places?.[Symbol.asyncDispose]();
  }, TEN_MINUTES);

  it.for(MODES)('shows screen, terminal, editors and previews, each at work (%s)', async (mode) => {
    const place = places.by(mode);
    const screen = new Screen(place);
    await screen.showField();
    await place.call('/v1/file/write', { file: '/tmp/preview.mjs', content: ECHO_PAGE_SERVER });
    await place.call('/v1/shell/exec', { command: `node /tmp/preview.mjs ${PREVIEW_PORT}`, async_mode: true });
    await visitor.visit(await place.pageUrl('rest'), { picture: `home-editors-${mode}` }, async (page) => {
      expect(new URL(page.url()).searchParams.has('ticket')).toBe(false);
      await screen.paint(GREEN);
      await sees(await pane(page, 'Browser'), GREEN);
      await useTerminal(page);
      await page.screenshot({ path: pictureFile(`home-${mode}`), timeout: 0 });
      await openPreview(page);
      if (!IS_LOCAL) await (await pane(page, 'Code')).locator('.monaco-workbench').waitFor();
      await (await pane(page, 'Jupyter')).locator('.jp-LauncherCard').first().waitFor();
    });
  });

  it.for(MODES)('fits a phone, and shows one thing after the other there (%s)', async (mode) => {
    const visit = { picture: `home-phone-${mode}`, device: PHONE };
    await visitor.visit(await places.by(mode).pageUrl('rest'), visit, async (page) => {
      await page.getByRole('button', { name: 'Open Browser' }).waitFor();
      expect(await overflowOf(page)).toEqual([]);
      await useTerminal(page);
      const screen = await pane(page, 'Browser');
      await screen.locator('#screen canvas').waitFor();
      for (const frame of page.frames()) expect(await overflowOf(frame)).toEqual([]);
      await page.getByRole('tab', { name: 'Jupyter' }).tap();
      await page.getByRole('button', { name: 'Open Jupyter' }).waitFor();
      expect(await page.locator('iframe[title="Terminal"]').isVisible()).toBe(false);
      await page.getByRole('tab', { name: 'Terminal' }).tap();
      // What was typed before is still there: a pane that is out of sight goes on.
      await page.frameLocator('iframe[title="Terminal"]').locator('.xterm-rows').filter({ hasText: 'sum-42' }).waitFor();
      expect(await overflowOf(page)).toEqual([]);
    });
  });

  it.skipIf(IS_LOCAL)('shows one who looks on the screen, and says of the rest that it is not for them', async () => {
    const visit = { picture: 'home-view' };
    await visitor.visit(await places.path.pageUrl('rest', { mode: 'view' }), visit, async (page) => {
      await (await pane(page, 'Browser')).locator('#screen canvas').waitFor();
      await (await pane(page, 'Terminal')).getByText('The credential does not open terminal.').waitFor();
    });
  });
});

/** Brings a surface to the front, opens it and gives its frame. */
async function pane(page: Page, title: string): Promise<Frame> {
  await page.getByRole('tab', { name: title }).click();
  await page.getByRole('button', { name: `Open ${title}` }).click();
  const frame = await (await page.locator(`iframe[title="${title}"]`).elementHandle())?.contentFrame();
  if (!frame) throw new Error(`${title} is in no frame`);
  return frame;
}

async function useTerminal(page: Page): Promise<void> {
  const terminal = await pane(page, 'Terminal');
  const hash = () => page.evaluate<string>('location.hash');
  await eventually('its session', async () => (await hash()).includes('terminal=') || undefined, 280);
  await terminal.locator('.xterm-helper-textarea').pressSequentially('echo sum-$((40 + 2))\n');
  await terminal.locator('.xterm-rows').filter({ hasText: 'sum-42' }).waitFor();
}

async function openPreview(page: Page): Promise<void> {
  await page.getByText('Previews').click();
  const [preview] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: `Port ${PREVIEW_PORT}` }).click(),
  ]);
  await preview.locator('#out').filter({ hasText: 'echo of hello' }).waitFor();
  await preview.close();
  await page.keyboard.press('Escape');
}
