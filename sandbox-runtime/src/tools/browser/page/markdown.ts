import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { CDPSession, Page } from 'playwright-core';

import { cdpOf } from './cdp.ts';
import { MARKDOWN_SOURCE } from './in-page/markdown-source.ts';
import { PageError } from './page-error.ts';

const MAX_MARKDOWN = 2_000_000;
/** Beside the page's own scripts, which neither see nor change what runs here. */
const WORLD = 'sandfleet';

export interface Markdown {
  readonly markdown: string;
  readonly title: string;
  readonly url: string;
  readonly cut: boolean;
}

let turndown: Promise<string> | undefined;

/** Written down where the page is: a large one keeps its own process busy rather than this one. */
export async function markdownOf(page: Page): Promise<Markdown> {
  const session = await cdpOf(page);
  const contextId = await worldOf(session);
  turndown ??= readTurndown();
  const library = await turndown;
  await run(session, contextId, `typeof TurndownService === 'function' || void (() => {\n${library}\n})()`);
  // The program's own answer.
  return (await run(session, contextId, `(${MARKDOWN_SOURCE})(${MAX_MARKDOWN})`)) as Markdown;
}

async function worldOf(session: CDPSession): Promise<number> {
  const { frameTree } = await session.send('Page.getFrameTree');
  const world = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: WORLD });
  return world.executionContextId;
}

async function run(session: CDPSession, contextId: number, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, contextId, returnByValue: true });
  if (exceptionDetails === undefined) return result.value;
  const reason = exceptionDetails.exception?.description ?? exceptionDetails.text;
  throw new PageError(`The page can't be written as Markdown: ${reason.split('\n')[0]}`);
}

/** The build for browsers lies beside the one that Node would load. */
async function readTurndown(): Promise<string> {
  const main = createRequire(import.meta.url).resolve('turndown');
  return readFile(join(dirname(main), 'turndown.browser.umd.js'), 'utf8');
}
