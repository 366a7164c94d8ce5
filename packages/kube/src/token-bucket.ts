import { setTimeout as sleep } from 'node:timers/promises';

/** At most `burst` at once and `perSecond` in the long run. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = performance.now();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Waits for a token. Rejects with the signal's reason. One caller at a time. */
  async take(signal: AbortSignal): Promise<void> {
    this.#fill();
    if (this.#tokens < 1) {
      await sleep(((1 - this.#tokens) / this.#perSecond) * 1000, undefined, { signal });
      this.#fill();
    }
    this.#tokens -= 1;
  }

  #fill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
  }
}
