import { ApiError } from '@sandfleet/contract';

/** So many tasks at once; so many more wait in line, and further ones are refused. */
export class Slots {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  /** @throws ApiError TOO_MANY_REQUESTS; the signal's reason when it aborts while the task waits. */
  async run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#taken < this.#most) this.#taken += 1;
    else await this.#turn(signal);
    try {
      return await task();
    } finally {
      this.#pass();
    }
  }

  /** The place goes straight to the first in line, so that nobody who comes in between can take it. */
  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#taken -= 1;
    else next();
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#mostWaiting)
      throw new ApiError('TOO_MANY_REQUESTS', { message: 'Too many of these calls are under way.', retryAfterSeconds: 2 });
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(enter);
        reject(signal.reason as Error);
      };
      const enter = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
