export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
  /** From 0 to 1; a source of its own for tests. */
  readonly random?: () => number;
}

/** Exponential waits with full upper-half jitter: many clients that failed together must not come back together. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const { baseMs, capMs, random = Math.random } = this.#options;
    const ceiling = Math.min(capMs, baseMs * 2 ** this.#failures);
    this.#failures += 1;
    return ceiling / 2 + (ceiling / 2) * random();
  }

  reset(): void {
    this.#failures = 0;
  }
}
