import { ApiError } from '@sandfleet/contract';

export interface Gate {
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** Callers that may wait for each that works. */
const WAITING_PER_PLACE = 16;

/** Lets so many work at once; others wait in turn, and too many are sent away. */
export function createGate(places: number): Gate {
  const waiting = new Set<() => void>();
  let working = 0;

  async function enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (working < places) return void (working += 1);
    if (waiting.size >= places * WAITING_PER_PLACE) {
      throw new ApiError('TOO_MANY_REQUESTS', { message: 'Too many searches are waiting.', retryAfterSeconds: 1 });
    }
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.delete(go);
        reject(signal?.reason as Error);
      };
      waiting.add(go);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** The place goes to the next in line, or is free. */
  function leave(): void {
    const [next] = waiting;
    if (next === undefined) return void (working -= 1);
    waiting.delete(next);
    next();
  }

  return {
    async run(work, signal) {
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
