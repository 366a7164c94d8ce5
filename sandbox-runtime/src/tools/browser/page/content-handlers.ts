import { ApiError } from '@sandfleet/contract';
import type { browserPageContentContract } from '@sandfleet/contract/runtime';
import type { Handlers } from '@sandfleet/server-kit';

import type { ToolContext } from '../../../tool.ts';
import { FileError, toFileError } from '../../file/file-error.ts';
import { resolvePath, type Places } from '../../file/workspace-path.ts';
import { writeContent } from '../../file/write.ts';
import type { BrowserSession } from '../browser-session.ts';
import type { ConsoleLog } from './console-log.ts';
import { listPage } from './elements.ts';
import { onLivingDocument } from './living-document.ts';
import { markdownOf } from './markdown.ts';
import { PageError } from './page-error.ts';
import { htmlOf, occurrencesOf, textOf } from './read-page.ts';
import { onPage, runOnPage, type PageTurn } from './run-on-page.ts';
import { screenshotOf } from './screenshot.ts';

/** What a page gets to say what is on it. */
const READ_SECONDS = 20;
const QUALITY = 80;

export function contentHandlers(
  { places }: ToolContext,
  browser: BrowserSession,
  consoleLog: ConsoleLog,
): Handlers<typeof browserPageContentContract> {
  const read = <T>(signal: AbortSignal, what: string, action: (turn: PageTurn) => Promise<T>) =>
    runOnPage(browser, { signal, seconds: READ_SECONDS, what }, (turn) => onLivingDocument(turn, () => action(turn)));

  return {
    browser_page_screenshot: async ({ query }, { signal, reply }) => {
      const format = query.format === undefined || query.format === 'png' ? 'png' : 'jpeg';
      const call = { signal, seconds: READ_SECONDS, what: 'The image of the page' };
      const options = { fullPage: query.full_page ?? false, format, quality: query.quality ?? QUALITY } as const;
      const image = await onPage(browser, call, (turn) => onLivingDocument(turn, () => screenshotOf(turn.page, options))).catch(
        refuseImage,
      );
      await reply
        .type(`image/${format}`)
        .headers({
          'cache-control': 'no-store',
          'x-image-width': image.width,
          'x-image-height': image.height,
          ...(image.truncated ? { 'x-truncated': 'true' } : {}),
        })
        .send(image.bytes);
    },
    browser_page_html: ({ query }, { signal }) =>
      read(signal, 'The HTML of the page', async ({ page, hint }) => {
        const { text, cut } = await htmlOf(page, query.outer ?? false);
        if (cut) hint('The HTML goes on; this is its beginning.');
        return text;
      }),
    browser_page_text: (_, { signal }) =>
      read(signal, 'The text of the page', async ({ page, hint }) => {
        const { text, cut } = await textOf(page);
        if (cut) hint('The text goes on; this is its beginning.');
        return text;
      }),
    browser_page_markdown: (_, { signal }) =>
      read(signal, 'The Markdown of the page', async ({ page }) => {
        const { markdown, title, url, cut } = await markdownOf(page);
        return { content: markdown, markdown, title, url, ...(cut ? { truncated: true } : {}) };
      }),
    browser_page_elements: (_, { signal }) =>
      read(signal, 'The list of elements', async ({ page, hint }) => {
        const { elements, more } = await listPage(page);
        if (more) hint('There are more elements than this list holds.');
        return elements;
      }),
    browser_page_console: ({ query }, { signal }) =>
      read(signal, 'The console', async ({ page }) => consoleLog.read(page, query)),
    browser_page_console_export: ({ body }, { signal }) =>
      read(signal, 'The console', async ({ page }) => {
        const entries = consoleLog.read(page);
        const path = await save(body.save_path, `${JSON.stringify(entries, undefined, 2)}\n`, places);
        if (body.clear) consoleLog.read(page, { clear: true });
        return { path, count: entries.length };
      }),
    browser_page_find_text: ({ body }, { signal }) => read(signal, 'The search', ({ page }) => occurrencesOf(page, body.keyword)),
  };
}

/** An answer that is an image has no place for a message: what fails is an error of HTTP. */
function refuseImage(error: unknown): never {
  if (!(error instanceof PageError)) throw error;
  const isLate = error.message.includes('took longer');
  throw new ApiError(isLate ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_FAILED', { message: error.message, cause: error });
}

/** @throws PageError */
async function save(given: string, text: string, places: Places): Promise<string> {
  try {
    const path = resolvePath(given, places, 'write');
    await writeContent(path, text);
    return path;
  } catch (error) {
    const shown = toFileError(error, given, 'write');
    throw shown instanceof FileError ? new PageError(shown.message, { cause: error }) : shown;
  }
}
