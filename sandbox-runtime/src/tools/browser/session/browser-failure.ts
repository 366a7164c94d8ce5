/** The page did not do what was asked: an answer with `success: false` and this message, not a failed call. */
export class BrowserFailure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'BrowserFailure';
  }
}
