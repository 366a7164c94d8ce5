import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from '../support/cluster.ts';
import { openPlace, underSubdomain, type Place } from './support/place.ts';
import { ECHO_PAGE_SERVER } from './support/preview-server.ts';
import { Screen, sees } from './support/screen.ts';
import { SubdomainGateway } from './support/subdomain-gateway.ts';
import { Visitor } from './support/visitor.ts';

const GREEN = [20, 160, 60] as const;
const BLUE = [30, 60, 200] as const;
const ORANGE = [230, 120, 10] as const;
const PREVIEW_PORT = 3456;
const TEN_MINUTES = 600_000;

describe('the pages of a sandbox', { timeout: TEN_MINUTES, retry: 1 }, () => {
  const isLocal = process.env['SANDBOX_BASE_URL'] !== undefined;
  const modes = isLocal ? (['path'] as const) : (['path', 'subdomain'] as const);
  const places = new Map<(typeof modes)[number], Place>();
  let visitor: Visitor;
  let gateway: SubdomainGateway | undefined;
  let first: Place;

  const placeOf = (mode: (typeof modes)[number]): Place => {
    const place = places.get(mode);
    if (place === undefined) throw new Error(`no sandbox is served by ${mode}`);
    return place;
  };

  beforeAll(async () => {
    first = await openPlace();
    places.set('path', first);
    if (!isLocal) {
      gateway = await SubdomainGateway.start();
      places.set('subdomain', underSubdomain(first, gateway));
    }
    visitor = await Visitor.start();
  }, TEN_MINUTES);

  afterAll(async () => {
    await visitor?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await first?.remove();
  }, TEN_MINUTES);

  it.for(modes)('show the screen as it changes, and take what is typed (%s)', async (mode) => {
    const place = placeOf(mode);
    const screen = new Screen(place);
    await screen.showField();
    await visitor.visit(await place.pageUrl('vnc'), `vnc-${mode}`, async (page) => {
      await screen.paint(GREEN);
      await sees(page, GREEN);
      await screen.paint(BLUE);
      await sees(page, BLUE);
      await page.locator('#screen canvas').click();
      await page.keyboard.type('typed from outside');
      await screen.becomes('typed from outside');
    });
  });

  it('show the screen to one who looks on, and take nothing from them', async () => {
    const screen = new Screen(first);
    await screen.showField();
    await screen.paint(GREEN);
    await visitor.visit(await first.pageUrl('vnc', { mode: 'view' }), 'vnc-view', async (looking) => {
      await sees(looking, GREEN);
      await looking.locator('#screen canvas').click();
      await looking.keyboard.type('never');
      // Their keys were sent before they saw these.
      await screen.paint(BLUE);
      await sees(looking, BLUE);
      await screen.paint(ORANGE);
      await sees(looking, ORANGE);
      await visitor.visit(await first.pageUrl('vnc'), 'vnc-control', async (acting) => {
        await sees(acting, ORANGE);
        await acting.locator('#screen canvas').click();
        await acting.keyboard.type('once');
        await screen.becomes('once');
      });
    });
  });

  it('have a terminal that can be typed in', async () => {
    const file = `/tmp/terminal-${randomUUID()}`;
    await visitor.visit(await first.pageUrl('terminal'), 'terminal', async (page) => {
      const query = () => page.evaluate<string>('location.search');
      await eventually('its session', async () => (await query()).includes('session_id=') || undefined);
      await page.keyboard.type(`echo sum-$((40 + 2)) | tee ${file}`);
      await page.keyboard.press('Enter');
      await page.locator('.xterm-rows').filter({ hasText: 'sum-42' }).waitFor();
    });
    expect((await first.call<{ content: string }>('/v1/file/read', { file })).content.trim()).toBe('sum-42');
  });

  it.skipIf(isLocal)('have VS Code, which saves a file that the file API then reads', async () => {
    const folder = `/tmp/code-${randomUUID()}`;
    const file = `${folder}/note.txt`;
    await first.call('/v1/file/write', { file, content: 'before\n' });
    await visitor.visit(await first.pageUrl('codeServer'), 'code-server', async (page) => {
      await page.locator('.monaco-workbench').waitFor();
      await page.goto(`${first.url}/code-server/?folder=${folder}`);
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
          const { content } = await first.call<{ content: string }>('/v1/file/read', { file });
          return content.trim() === 'before\nsaved by hand' ? true : undefined;
        },
        280,
      );
    });
  });

  it('have JupyterLab, which runs a cell', async () => {
    await visitor.visit(await first.pageUrl('jupyter'), 'jupyter', async (page) => {
      // Without what another visit left open.
      await page.goto(`${first.url}/jupyter/lab?reset`);
      await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
      await page.locator('.jp-Notebook .jp-CodeCell .cm-content').first().click();
      await page.keyboard.type('print("cell", 6 * 7)');
      // A cell that is run before the kernel is there is never run.
      await page.locator('#jp-main-statusbar').filter({ hasText: '| Idle' }).waitFor();
      await page.keyboard.press('Shift+Enter');
      await page.locator('.jp-OutputArea-output').filter({ hasText: 'cell 42' }).waitFor();
    });
  });

  it.for(modes)('preview a port of the sandbox, with its WebSocket (%s)', async (mode) => {
    const place = placeOf(mode);
    await place.call('/v1/file/write', { file: '/tmp/preview.mjs', content: ECHO_PAGE_SERVER });
    await place.call('/v1/shell/exec', { command: `node /tmp/preview.mjs ${PREVIEW_PORT}`, async_mode: true });
    await eventually('the server in the sandbox answers', async () => {
      const answer = await fetch(`${place.url}/proxy/${PREVIEW_PORT}/health`, { headers: { ...place.headers } });
      return (await answer.text()) === 'well' ? true : undefined;
    });
    await visitor.visit(await place.pageUrl('preview', { port: PREVIEW_PORT }), `preview-${mode}`, async (page) => {
      await page.locator('#out').filter({ hasText: 'echo of hello' }).waitFor();
      expect(new URL(page.url()).searchParams.has('ticket')).toBe(false);
    });
  });
});
