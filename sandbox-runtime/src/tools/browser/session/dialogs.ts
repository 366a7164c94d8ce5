import type { BrowserContext, Dialog } from 'playwright-core';

import { quoted, type Notices } from './notices.ts';

/**
 * A dialog stops its page. While a call is under way it is answered at once, so that the call goes on; else it stays for the
 * person who watches, and the next call answers it first.
 */
export class Dialogs {
  readonly #notices: Notices;
  readonly #accepted: ReadonlySet<string>;
  readonly #open = new Set<Dialog>();

  constructor(notices: Notices, accepted: readonly string[]) {
    this.#notices = notices;
    this.#accepted = new Set(accepted);
  }

  follow(context: BrowserContext): void {
    context.on('dialog', (dialog) => {
      this.#open.add(dialog);
      if (this.#notices.hasCalls) void this.#answer(dialog);
    });
  }

  async answerOpen(): Promise<void> {
    await Promise.all([...this.#open].map((dialog) => this.#answer(dialog)));
  }

  forget(): void {
    this.#open.clear();
  }

  async #answer(dialog: Dialog): Promise<void> {
    if (!this.#open.delete(dialog)) return;
    const accept = this.#accepted.has(dialog.type());
    try {
      await (accept ? dialog.accept() : dialog.dismiss());
      this.#notices.say(() => sentence(dialog, accept));
    } catch {
      // A person or another client was quicker, or its page is gone.
    }
  }
}

function sentence(dialog: Dialog, accepted: boolean): string {
  if (dialog.type() === 'beforeunload')
    return accepted
      ? 'The page asked whether to leave it; it was left.'
      : 'The page asked whether to leave it, and the answer was to stay.';
  return `The page showed a dialog (${dialog.type()}) ${quoted(dialog.message())}; it was ${accepted ? 'accepted' : 'dismissed'}.`;
}
