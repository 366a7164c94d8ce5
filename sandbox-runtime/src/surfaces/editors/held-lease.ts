import { ApiError } from '@sandfleet/contract';

import type { Lease, Service } from '../../services/service.ts';

/** How long a start that nobody waits for any more is kept going, so that a page which asks again soon finds it. */
const KEEP_STARTED_MS = 30_000;

/**
 * The lease, or undefined when the service has not come up within `holdMs`: it goes on starting then, for whoever asks again.
 *
 * @throws what `Service.lease` throws
 */
export async function leaseWithin(
  service: Pick<Service, 'lease' | 'state'>,
  { holdMs, signal }: HoldOptions,
): Promise<Lease | undefined> {
  if (service.state() === 'running') return service.lease(signal);
  const starting = service.lease();
  let timer: NodeJS.Timeout | undefined;
  let hangUp = () => {};
  const late = new Promise<undefined>((resolve) => {
    hangUp = () => resolve(undefined);
    signal.addEventListener('abort', hangUp, { once: true });
    timer = setTimeout(hangUp, holdMs);
  });
  let isTaken = false;
  starting.then(
    (lease) => {
      if (!isTaken) setTimeout(() => lease.release(), KEEP_STARTED_MS).unref();
    },
    // Whoever asks next is told.
    () => undefined,
  );
  try {
    const lease = await Promise.race([starting, late]);
    isTaken = lease !== undefined;
    return lease;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', hangUp);
  }
}

export interface HoldOptions {
  readonly holdMs: number;
  readonly signal: AbortSignal;
}

export function stillStarting(name: string): ApiError {
  return new ApiError('NOT_READY', { message: `${name} is starting; this takes a few seconds.`, retryAfterSeconds: 2 });
}
