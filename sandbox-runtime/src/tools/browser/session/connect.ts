import type { Browser } from 'playwright-core';

import { freeStuckTabs } from './stuck-tabs.ts';
import { until } from './until.ts';

/** A tab that has crashed or hangs answers nothing, and playwright-core waits for all of them before it is connected. */
const STUCK_MS = 6000;
const CONNECT_MS = 30_000;

/** Half a second of work and 80 MB, which a sandbox without a browser does not need. */
const load = () => import('playwright-core');

/** Loads what it takes to connect while the browser starts. */
export function warmUp(): void {
  // Whoever connects is told.
  load().catch(() => undefined);
}

/** Connects to the Chromium that listens on `port`; tabs that keep it from doing so are replaced, and `onFreed` is told which. */
export async function connect(port: number, signal: AbortSignal, onFreed: (url: string) => void): Promise<Browser> {
  const { chromium } = await load();
  const attempt = (timeout: number) =>
    chromium.connectOverCDP(`http://127.0.0.1:${port}`, {
      timeout,
      // Files to upload are read where they are rather than sent along.
      isLocal: true,
      // Its overrides are for tests: they make each tab believe that it is in front, and send downloads to a folder of its own.
      noDefaults: true,
    });
  try {
    return await until(signal, attempt(STUCK_MS));
  } catch (error) {
    signal.throwIfAborted();
    const freed = await freeStuckTabs(port, signal);
    if (freed.length === 0) throw error;
    for (const url of freed) onFreed(url);
    return until(signal, attempt(CONNECT_MS));
  }
}
