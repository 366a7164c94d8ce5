import type { FileChooser, Page } from 'playwright-core';

import type { Notices } from './notices.ts';

/** A person who clicks a moment after the agent gets the window to choose files that they expect. */
const LINGER_MS = 3000;

/**
 * Nobody would answer the window to choose files that a click of the agent opens, and it covers the page: while calls work on a
 * page it is held back, and the answer says what to do instead.
 */
export class FileChoosers {
  readonly #notices: Notices;
  readonly #watched = new Map<Page, NodeJS.Timeout | undefined>();
  readonly #calls = new Map<Page, number>();
  readonly #say: (chooser: FileChooser) => void;

  constructor(notices: Notices) {
    this.#notices = notices;
    this.#say = (chooser) => {
      const many = chooser.isMultiple() ? 'files' : 'a file';
      this.#notices.say(() => `The page asked for ${many}: give it by the upload_file operation with the selector of its input.`);
    };
  }

  /** Returns what is called when the call on the page ends. */
  hold(page: Page): () => void {
    this.#calls.set(page, (this.#calls.get(page) ?? 0) + 1);
    clearTimeout(this.#watched.get(page));
    if (!this.#watched.has(page)) {
      page.on('filechooser', this.#say);
      page.once('close', () => this.#forget(page));
    }
    this.#watched.set(page, undefined);
    return () => this.#release(page);
  }

  clear(): void {
    for (const page of this.#watched.keys()) this.#forget(page);
  }

  #release(page: Page): void {
    const left = (this.#calls.get(page) ?? 1) - 1;
    this.#calls.set(page, left);
    if (left > 0 || !this.#watched.has(page)) return;
    this.#watched.set(page, setTimeout(() => this.#forget(page), LINGER_MS).unref());
  }

  #forget(page: Page): void {
    clearTimeout(this.#watched.get(page));
    this.#watched.delete(page);
    this.#calls.delete(page);
    page.off('filechooser', this.#say);
  }
}
