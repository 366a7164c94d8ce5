import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openPlace, type Place } from '../desktop/support/place.ts';

const MINUTES = 600_000;
const PAGE =
  '<title>Driven</title><input id="a"><p id="b"></p>' +
  '<script>a.oninput = () => (b.textContent = a.value.toUpperCase())</script>';

describe('playwright-core', { timeout: MINUTES }, () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace();
  }, MINUTES);
  afterAll(async () => place?.remove(), MINUTES);

  it('connects over CDP with the token as a header, and drives the browser that the page API sees', async () => {
    const browser = await chromium.connectOverCDP(`${place.url}/cdp`, { headers: { ...place.headers }, timeout: 0 });
    const context = browser.contexts()[0] ?? (await browser.newContext());
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(0);
    await page.goto(`data:text/html,${encodeURIComponent(PAGE)}`);
    await page.locator('#a').fill('from afar');
    expect(await page.locator('#b').textContent()).toBe('FROM AFAR');
    expect((await page.screenshot({ timeout: 0 })).subarray(1, 4).toString()).toBe('PNG');
    const title = await place.call<string>('/v1/browser/page/evaluate', { expression: 'document.title' });
    expect(title).toBe('Driven');
    await browser.close();
    // It is the sandbox's own and stays.
    const { state } = await place.call<{ state: string }>('/v1/services/browser');
    expect(state).toBe('running');
  });
});
