import { hasMovedOn } from './page-error.ts';
import type { PageTurn } from './run-on-page.ts';

/** What the next document gets to have something that can be read. */
const CONTENT_MS = 5000;

/**
 * Runs what only looks at the page, and begins again when the page goes to another document meanwhile, as one does right after a
 * key or a click. Nothing that changes the page belongs in here: it would be done twice.
 */
export async function onLivingDocument<T>(
  { page, left, signal }: Pick<PageTurn, 'page' | 'left' | 'signal'>,
  look: (again: boolean) => Promise<T>,
): Promise<T> {
  for (let again = false; ; again = true) {
    try {
      return await look(again);
    } catch (error) {
      if (!hasMovedOn(error) || page.isClosed() || signal.aborted || left() <= 1) throw error;
      // One that takes longer is read as far as it has come.
      await page.waitForLoadState('domcontentloaded', { timeout: Math.min(left(), CONTENT_MS) }).catch(() => undefined);
    }
  }
}
