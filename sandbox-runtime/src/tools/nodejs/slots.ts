import { ApiError } from '@sandfleet/contract';

/** Lets some calls run at once and some more wait; who comes after those is refused. */
export class Slots {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws ApiError TOO_MANY_REQUESTS, and the reason of a signal that aborts before the turn of the call has come. */
  async use<T>(run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= this.#maxWaiting)
        throw new ApiError('TOO_MANY_REQUESTS', { message: 'Too many runs wait already.', retryAfterSeconds: 5 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      signal?.throwIfAborted();
      return await run();
    } finally {
      // The slot goes to the next one that waits, or is free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
