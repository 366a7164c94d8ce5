/** What the screen can't do, in words for who asked: an answer with `success: false`, not a failed call. */
export class DisplayError extends Error {
  override readonly name = 'DisplayError';
}
