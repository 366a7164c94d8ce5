import type { Page } from 'playwright-core';

import { cdpOf } from './cdp.ts';

export interface ScreenshotOptions {
  readonly fullPage: boolean;
  readonly format: 'png' | 'jpeg';
  readonly quality: number;
}

export interface Screenshot {
  readonly bytes: Buffer;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** The page is larger than that. */
  readonly truncated: boolean;
}

/** The side that Chromium's own textures end at. */
const MAX_SIDE = 16_384;
/** Four bytes each in the browser, several times over while it encodes: a pod has little memory. */
const MAX_PIXELS = 32_000_000;

/** An image of the page, in CSS pixels, whatever the scale of the screen. Of a page without end it shows the beginning. */
export async function screenshotOf(page: Page, { fullPage, format, quality }: ScreenshotOptions): Promise<Screenshot> {
  const session = await cdpOf(page);
  const { cssVisualViewport: seen, cssContentSize: all } = await session.send('Page.getLayoutMetrics');
  const wanted = fullPage
    ? { x: 0, y: 0, width: Math.ceil(all.width), height: Math.ceil(all.height) }
    : { x: seen.pageX, y: seen.pageY, width: Math.round(seen.clientWidth), height: Math.round(seen.clientHeight) };
  const { width, height } = withinLimits(wanted);
  const { data } = await session.send('Page.captureScreenshot', {
    format,
    ...(format === 'jpeg' ? { quality } : {}),
    // What lies outside of the window has to be laid out first, which takes longer.
    ...(fullPage ? { captureBeyondViewport: true, clip: { x: 0, y: 0, width, height, scale: 1 } } : {}),
    optimizeForSpeed: true,
  });
  return {
    bytes: Buffer.from(data, 'base64'),
    width,
    height,
    truncated: width < wanted.width || height < wanted.height,
  };
}

export function withinLimits({ width, height }: { readonly width: number; readonly height: number }) {
  const side = Math.max(1, Math.min(width, MAX_SIDE));
  return { width: side, height: Math.max(1, Math.min(height, MAX_SIDE, Math.floor(MAX_PIXELS / side))) };
}
