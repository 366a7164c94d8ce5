import { setTimeout as delay } from 'node:timers/promises';

import type { Service } from '../../services/service.ts';

/** A browser that can't be started is asked for again by a person, not in a loop without end. */
const AGAIN_MS = 2000;

/**
 * Keeps a service running as long as `signal` lasts, also when it ends in between: somebody looks at it. What it can't start is
 * left for others to tell.
 */
export async function keepRunning(service: Service, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && service.state() !== 'disabled') {
    try {
      const lease = await service.lease(signal);
      await ended([signal, lease.ended]);
      lease.release();
    } catch {
      // Its own health says why.
    }
    await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

const ended = (signals: readonly AbortSignal[]): Promise<void> =>
  new Promise((resolve) => {
    const any = AbortSignal.any([...signals]);
    if (any.aborted) return resolve();
    return any.addEventListener('abort', () => resolve(), { once: true });
  });
