import { chromium } from 'playwright-core';

import { isPng, PAGE } from './page.ts';
import { givenSandbox, tell } from './sandbox.ts';

const { url, headers } = givenSandbox();
const browser = await chromium.connectOverCDP(`${url}/cdp`, { headers, timeout: 0 });
const context = browser.contexts()[0] ?? (await browser.newContext());
const page = context.pages()[0] ?? (await context.newPage());
page.setDefaultTimeout(0);
await page.goto(PAGE);
await page.locator('#a').fill('from afar');
tell({ answer: await page.locator('#b').textContent(), isPicture: isPng(await page.screenshot({ timeout: 0 })) });
await browser.close();
