import type { Frame, Page } from 'playwright-core';

import { placeOfFrame } from './in-page/place-of-frame.ts';

/** A frame that a person sees, and where it lies in the page. */
export interface VisibleFrame {
  readonly frame: Frame;
  readonly x: number;
  readonly y: number;
  /** Before a selector of something inside; empty for the page itself. */
  readonly prefix: string;
}

const MAX_FRAMES = 50;
/** A frame that is busy must not keep the others from being read. */
const FRAME_MS = 3000;

/** The page itself and the frames inside that are visible and answer, in the order in which they are nested. */
export async function visibleFrames(page: Page): Promise<readonly VisibleFrame[]> {
  const main: VisibleFrame = { frame: page.mainFrame(), x: 0, y: 0, prefix: '' };
  const found = [main];
  for (const parent of found) {
    for (const frame of parent.frame.childFrames()) {
      if (found.length >= MAX_FRAMES) return found;
      const placed = await inTime(place(frame, parent)).catch(() => undefined);
      if (placed !== undefined) found.push(placed);
    }
  }
  return found;
}

/** What `read` finds in each frame; a frame that fails or is busy counts as not there, but the page itself must answer. */
export async function readFrames<T>(
  page: Page,
  read: (frame: VisibleFrame) => Promise<T>,
): Promise<readonly (readonly [VisibleFrame, T])[]> {
  if (page.frames().length === 1) {
    const main: VisibleFrame = { frame: page.mainFrame(), x: 0, y: 0, prefix: '' };
    return [[main, await read(main)]];
  }
  const results: (readonly [VisibleFrame, T])[] = [];
  for (const [at, visible] of (await visibleFrames(page)).entries()) {
    try {
      results.push([visible, await (at === 0 ? read(visible) : inTime(read(visible)))]);
    } catch (error) {
      if (at === 0) throw error;
    }
  }
  return results;
}

/** Undefined when nobody sees it. */
async function place(frame: Frame, parent: VisibleFrame): Promise<VisibleFrame | undefined> {
  const owner = await frame.frameElement();
  try {
    const { x, y, width, height, selector } = await owner.evaluate(placeOfFrame);
    if (width < 2 || height < 2) return undefined;
    const prefix = `${parent.prefix}${selector} >> internal:control=enter-frame >> `;
    return { frame, x: parent.x + x, y: parent.y + y, prefix };
  } finally {
    await owner.dispose();
  }
}

async function inTime<T>(task: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => void (timer = setTimeout(reject, FRAME_MS, new Error('The frame is busy.'))));
  task.catch(() => {});
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}
