import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { onAbort } from './abort.ts';
import { isConflict, KubeError } from './kube-error.ts';
import type { KubeMetrics } from './metrics.ts';
import type { WorkQueue } from './work-queue.ts';

/** No retry can help: the key rests until something about it changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface ReconcileResult {
  /** Look again after this time, whatever happens. */
  readonly requeueAfterSeconds?: number | undefined;
}

export interface ReconcileContext {
  /** Carries the controller, the key and an id of this pass. */
  readonly log: Logger;
}

export type Reconcile = (key: string, context: ReconcileContext) => Promise<ReconcileResult | void>;

export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly concurrency: number;
  readonly reconcile: Reconcile;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
  readonly signal: AbortSignal;
}

type Result = 'success' | 'requeue_after' | 'requeue' | 'error';

// A conflict or two is how optimistic locking works; so many in a row mean that someone should look.
const QUIET_CONFLICTS = 5;

/** Works on the queue's keys until the signal aborts; resolves when the reconciles that were under way are done. */
export async function runController(options: ControllerOptions): Promise<void> {
  const { queue, concurrency, signal, metrics, name } = options;
  startMetrics(options);
  const letGo = onAbort(signal, () => queue.shutDown());
  try {
    await Promise.all(Array.from({ length: concurrency }, () => runWorker(options)));
  } finally {
    letGo();
    metrics?.activeWorkers.set({ controller: name }, 0);
  }
}

async function runWorker(options: ControllerOptions): Promise<void> {
  const { queue, metrics, name } = options;
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    const started = performance.now();
    metrics?.activeWorkers.inc({ controller: name });
    const result = await reconcileOnce(options, key);
    queue.done(key);
    metrics?.activeWorkers.dec({ controller: name });
    metrics?.reconciles.inc({ controller: name, result });
    metrics?.reconcileSeconds.observe({ controller: name }, (performance.now() - started) / 1000);
  }
}

async function reconcileOnce(options: ControllerOptions, key: string): Promise<Result> {
  const { queue, reconcile, name } = options;
  const log = options.log.child({ controller: name, key, reconcileId: randomUUID() });
  try {
    const result = await reconcile(key, { log });
    queue.forget(key);
    if (result?.requeueAfterSeconds === undefined) return 'success';
    queue.addAfter(key, result.requeueAfterSeconds);
    return 'requeue_after';
  } catch (error) {
    return afterFailure(options, key, log, error);
  }
}

function afterFailure({ queue, metrics, name, signal }: ControllerOptions, key: string, log: Logger, err: unknown): Result {
  // Calls that the shutdown broke off say nothing about the object.
  if (signal.aborted) return 'requeue';
  if (err instanceof TerminalError) {
    queue.forget(key);
    metrics?.reconcileErrors.inc({ controller: name });
    metrics?.terminalErrors.inc({ controller: name });
    log.error({ err }, 'reconcile failed, and no retry can help');
    return 'error';
  }
  const wait = queue.addRateLimited(key, err instanceof KubeError ? err.retryAfterSeconds : undefined);
  // The decision was made on an object that has changed, or on the absence of one that is there.
  if (isConflict(err) && queue.failures(key) <= QUIET_CONFLICTS) {
    log.debug({ reason: err.message }, 'another writer was first, reading again');
    return 'requeue';
  }
  metrics?.reconcileErrors.inc({ controller: name });
  log.error({ err, retryInSeconds: wait }, 'reconcile failed');
  return 'error';
}

function startMetrics({ metrics, name, concurrency }: ControllerOptions): void {
  if (!metrics) return;
  const results: readonly Result[] = ['success', 'requeue_after', 'requeue', 'error'];
  for (const result of results) metrics.reconciles.inc({ controller: name, result }, 0);
  metrics.reconcileErrors.inc({ controller: name }, 0);
  metrics.terminalErrors.inc({ controller: name }, 0);
  metrics.reconcileSeconds.zero({ controller: name });
  metrics.maxConcurrent.set({ controller: name }, concurrency);
  metrics.activeWorkers.set({ controller: name }, 0);
}
