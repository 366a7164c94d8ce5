import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from '../support/cluster.ts';
import { IS_LOCAL, MODES, Places } from './support/places.ts';
import { ECHO_PAGE_SERVER } from './support/preview-server.ts';
import { Screen, sees } from './support/screen.ts';
import { Visitor } from './support/visitor.ts';

const GREEN = [20, 160, 60] as const;
const BLUE = [30, 60, 200] as const;
const ORANGE = [230, 120, 10] as const;
const PREVIEW_PORT = 3456;
const TEN_MINUTES = 600_000;

describe('the pages of a sandbox', { timeout: TEN_MINUTES, retry: 1 }, () => {
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

  it.for(MODES)('show the screen as it changes, and take what is typed (%s)', async (mode) => {
    const place = places.by(mode);
    const screen = new Screen(place);
    await screen.showField();
    await visitor.visit(await place.pageUrl('vnc'), { picture: `vnc-${mode}` }, async (page) => {
      await screen.paint(GREEN);
      await sees(page, GREEN);
      await screen.paint(BLUE);
      await sees(page, BLUE);
      await page.locator('#screen canvas').click();
      await screen.isClicked();
      await page.keyboard.type('typed from outside');
      await screen.becomes('typed from outside');
    });
  });

  it.for(MODES)('show the screen to one who looks on, and take nothing from them (%s)', async (mode) => {
    const place = places.by(mode);
    const screen = new Screen(place);
    await screen.showField();
    await screen.paint(GREEN);
    await visitor.visit(await place.pageUrl('vnc', { mode: 'view' }), { picture: `vnc-view-${mode}` }, async (looking) => {
      await sees(looking, GREEN);
      await looking.locator('#screen canvas').click();
      await looking.keyboard.type('never');
      // Their keys were sent before they saw these.
      await screen.paint(BLUE);
      await sees(looking, BLUE);
      await screen.paint(ORANGE);
      await sees(looking, ORANGE);
      await visitor.visit(await place.pageUrl('vnc'), { picture: `vnc-control-${mode}` }, async (acting) => {
        await sees(acting, ORANGE);
        await acting.locator('#screen canvas').click();
        await screen.isClicked();
        await acting.keyboard.type('once');
        await screen.becomes('once');
      });
    });
  });

  it.for(MODES)('have a terminal that can be typed in (%s)', async (mode) => {
    const place = places.by(mode);
    const file = `/tmp/terminal-${randomUUID()}`;
    await visitor.visit(await place.pageUrl('terminal'), { picture: `terminal-${mode}` }, async (page) => {
      const query = () => page.evaluate<string>('location.search');
      await eventually('its session', async () => (await query()).includes('session_id=') || undefined);
      await page.keyboard.type(`echo sum-$((40 + 2)) | tee ${file}`);
      await page.keyboard.press('Enter');
      await page.locator('.xterm-rows').filter({ hasText: 'sum-42' }).waitFor();
    });
    expect((await place.call<{ content: string }>('/v1/file/read', { file })).content.trim()).toBe('sum-42');
  });

  it.for(IS_LOCAL ? [] : MODES)('have VS Code, which saves a file that the file API then reads (%s)', async (mode) => {
    const place = places.by(mode);
    const folder = `/tmp/code-${randomUUID()}`;
    const file = `${folder}/note.txt`;
    await place.call('/v1/file/write', { file, content: 'before\n' });
    await visitor.visit(await place.pageUrl('codeServer'), { picture: `code-server-${mode}` }, async (page) => {
      await page.locator('.monaco-workbench').waitFor();
      await page.goto(`${place.url}/code-server/?folder=${folder}`);
      await page.getByRole('treeitem', { name: 'note.txt' }).dblclick();
      const lines = page.locator('.editor-instance .view-lines').filter({ hasText: 'before' });
      await lines.click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type('saved by hand');
      await lines.filter({ hasText: 'saved by hand' }).waitFor();
      await page.keyboard.press('Control+S');
      await eventually(
        'the file is saved',
        async () => {
          const { content } = await place.call<{ content: string }>('/v1/file/read', { file });
          return content.trim() === 'before\nsaved by hand' ? true : undefined;
        },
        280,
      );
    });
  });

  it.for(MODES)('have JupyterLab, which runs a cell (%s)', async (mode) => {
    const place = places.by(mode);
    await visitor.visit(await place.pageUrl('jupyter'), { picture: `jupyter-${mode}` }, async (page) => {
      // Without what another visit left open.
      await page.goto(`${place.url}/jupyter/lab?reset`);
      await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
      await page.locator('.jp-Notebook .jp-CodeCell .cm-content').first().click();
      await page.keyboard.type('print("cell", 6 * 7)');
      // A cell that is run before the kernel is there is never run.
      await page.locator('#jp-main-statusbar').filter({ hasText: '| Idle' }).waitFor();
      await page.keyboard.press('Shift+Enter');
      await page.locator('.jp-OutputArea-output').filter({ hasText: 'cell 42' }).waitFor();
    });
  });

  it.for(MODES)('preview a port of the sandbox, with its WebSocket (%s)', async (mode) => {
    const place = places.by(mode);
    await place.call('/v1/file/write', { file: '/tmp/preview.mjs', content: ECHO_PAGE_SERVER });
    await place.call('/v1/shell/exec', { command: `node /tmp/preview.mjs ${PREVIEW_PORT}`, async_mode: true });
    await eventually('the server in the sandbox answers', async () => {
      const answer = await fetch(`${places.path.url}/proxy/${PREVIEW_PORT}/health`, { headers: { ...place.headers } });
      return (await answer.text()) === 'well' ? true : undefined;
    });
    await visitor.visit(await place.pageUrl('preview', { port: PREVIEW_PORT }), { picture: `preview-${mode}` }, async (page) => {
      await page.locator('#out').filter({ hasText: 'echo of hello' }).waitFor();
      expect(new URL(page.url()).searchParams.has('ticket')).toBe(false);
    });
  });
});
