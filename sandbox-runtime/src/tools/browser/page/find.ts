import type { Frame, Locator, Page } from 'playwright-core';

/** What has to be there: something that a person sees, or anything at all. */
export type Wanted = 'visible' | 'attached';

interface Limits {
  readonly wanted: Wanted;
  readonly timeout: number;
}

/** The first match in one frame, open shadow roots included. */
export function matching(frame: Frame, selector: string, wanted: Wanted): Locator {
  const all = frame.locator(selector);
  return (wanted === 'visible' ? all.filter({ visible: true }) : all).first();
}

/** The first frame that has it, those that come meanwhile included. */
export function inAnyFrame(page: Page, selector: string, { wanted, timeout }: Limits): Promise<Locator> {
  const end = performance.now() + timeout;
  return new Promise((resolve, reject) => {
    let waiting = 0;
    const watch = async (frame: Frame) => {
      const locator = matching(frame, selector, wanted);
      waiting += 1;
      try {
        await locator.waitFor({ state: 'attached', timeout: Math.max(1, end - performance.now()) });
        stop();
        resolve(locator);
      } catch (error) {
        waiting -= 1;
        if (waiting > 0) return;
        stop();
        reject(error as Error);
      }
    };
    const onFrame = (frame: Frame) => void watch(frame);
    const stop = () => page.off('frameattached', onFrame);
    page.on('frameattached', onFrame);
    for (const frame of page.frames()) onFrame(frame);
  });
}

/** Waits until no frame has it any more; a frame that goes takes what it had with it. */
export async function goneFromAll(page: Page, selector: string, options: Limits): Promise<void> {
  const { wanted, timeout } = options;
  await Promise.all(
    page.frames().map(async (frame) => {
      try {
        await matching(frame, selector, wanted).waitFor({ state: 'detached', timeout });
      } catch (error) {
        if (!frame.isDetached()) throw error;
      }
    }),
  );
}
