import type { Logger } from 'pino';
import { onAbort } from './abort.ts';
import type { KubeClient } from './client.ts';
import { startDeadline } from './deadline.ts';
import { defer } from './deferred.ts';
import { isConflict } from './kube-error.ts';
import { LeaseLock } from './lease-lock.ts';
import { watchForRelease } from './lease-watch.ts';
import type { KubeMetrics } from './metrics.ts';

export interface LeaderElectorOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Unlike that of any other candidate, also of an earlier process on this machine: the pod's name, say. */
  readonly identity: string;
  /** Others take the lease when it was not renewed for so long. */
  readonly leaseDurationSeconds?: number | undefined;
  /** A leader that could not renew for so long stops; less than the duration, so that it stops before another starts. */
  readonly renewDeadlineSeconds?: number | undefined;
  readonly retryPeriodSeconds?: number | undefined;
  readonly log: Logger;
  readonly metrics?: KubeMetrics | undefined;
}

export interface LeaderCallbacks {
  /** Leads until the signal aborts; the lease is given back when the promise has settled. */
  onStartedLeading(signal: AbortSignal): Promise<void> | void;
  /** `lost`: another may lead already, so the process must end now. `released`: all is done, and the lease given back. */
  onStoppedLeading(reason: 'released' | 'lost'): void;
}

/**
 * One leader among several processes, by a Lease, with client-go's rules and times.
 *
 * Between two machines no clocks are compared: a candidate times, on its own monotonic clock, how long the lease has not
 * changed before its eyes. A leader that is cut off stops by `renewDeadlineSeconds`, before `leaseDurationSeconds` lets another in.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #lock: LeaseLock;
  readonly #renewDeadlineMs: number;
  readonly #retryMs: number;
  #leading = false;

  constructor(options: LeaderElectorOptions) {
    const { leaseDurationSeconds = 15, renewDeadlineSeconds = 10, retryPeriodSeconds = 2 } = options;
    if (!(leaseDurationSeconds > renewDeadlineSeconds && renewDeadlineSeconds > retryPeriodSeconds && retryPeriodSeconds > 0)) {
      throw new RangeError('the lease must last longer than the renew deadline, and that longer than the retry period');
    }
    if (!options.identity) throw new TypeError('a candidate needs an identity');
    this.#options = options;
    this.#lock = new LeaseLock({ ...options, leaseDurationSeconds });
    this.#renewDeadlineMs = renewDeadlineSeconds * 1000;
    this.#retryMs = retryPeriodSeconds * 1000;
    options.metrics?.leader.set({ name: options.name }, 0);
  }

  get isLeader(): boolean {
    return this.#leading;
  }

  /** Waits for the lease, leads, and resolves when it no longer does; or when the signal aborts first. Rejects as the work does. */
  async run(callbacks: LeaderCallbacks, signal: AbortSignal): Promise<void> {
    if (!(await this.#acquire(signal))) return;
    const { log, name, identity } = this.#options;
    this.#setLeading(true);
    log.info({ lease: name, identity }, 'leading');
    try {
      const reason = await this.#lead(callbacks, signal);
      if (reason === 'released') log.info({ lease: name, identity }, 'gave the lease back');
      else log.error({ lease: name, identity }, 'lost the lease');
      this.#setLeading(false);
      callbacks.onStoppedLeading(reason);
    } finally {
      this.#setLeading(false);
    }
  }

  /** True with the lease in hand; false when the signal came first. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const watching = new AbortController();
    let released = defer<void>();
    const watch = watchForRelease({ ...this.#options, signal: watching.signal, onReleased: () => released.resolve() });
    try {
      while (!signal.aborted) {
        released = defer<void>();
        if (await this.#attempt(this.#renewDeadlineMs, signal)) return true;
        // Candidates that started together need not ask together.
        await pause(this.#retryMs * (1 + 0.2 * Math.random()), released.promise, signal);
      }
      return false;
    } finally {
      watching.abort();
      await watch;
    }
  }

  async #lead(callbacks: LeaderCallbacks, signal: AbortSignal): Promise<'released' | 'lost'> {
    const leading = new AbortController();
    const letGo = onAbort(signal, () => leading.abort(signal.reason));
    const work = (async () => callbacks.onStartedLeading(leading.signal))();
    const finished = work.catch(() => undefined);
    try {
      // Renewed also while the work winds down: nobody else may start before it is done.
      if (!(await this.#keepRenewing(finished))) {
        leading.abort(new Error('the lease is lost'));
        return 'lost';
      }
      await this.#release();
      await work;
      return 'released';
    } finally {
      letGo();
    }
  }

  /** True when the work is done; false when the lease was taken, or could not be renewed in time. */
  async #keepRenewing(finished: Promise<void>): Promise<boolean> {
    let done = false;
    void finished.then(() => {
      done = true;
    });
    let renewedAt = performance.now();
    for (;;) {
      await pause(Math.min(this.#retryMs, renewedAt + this.#renewDeadlineMs - performance.now()), finished);
      if (done) return true;
      const started = performance.now();
      const left = renewedAt + this.#renewDeadlineMs - started;
      if (left <= 0) return false;
      if (await this.#attempt(left)) renewedAt = started;
      else if (this.#lock.isTaken) return false;
    }
  }

  /** One try to take or to keep the lease. A try that hangs leaves time for another one, over a new connection. */
  async #attempt(leftMs: number, signal?: AbortSignal): Promise<boolean> {
    const { log, name } = this.#options;
    const deadline = startDeadline(Math.min(leftMs, Math.max(this.#retryMs, this.#renewDeadlineMs / 2)), signal);
    try {
      return this.#leading ? await this.#lock.renew(deadline.signal) : await this.#lock.take(deadline.signal);
    } catch (err) {
      if (signal?.aborted) return false;
      if (isConflict(err)) log.debug({ lease: name }, 'another candidate was first');
      else log.warn({ lease: name, err }, this.#leading ? 'cannot renew the lease' : 'cannot take the lease');
      return false;
    } finally {
      deadline.end();
    }
  }

  /** When it fails, the others wait for the lease to run out. */
  async #release(): Promise<void> {
    const deadline = startDeadline(this.#renewDeadlineMs / 2);
    try {
      await this.#lock.release(deadline.signal);
    } catch (err) {
      this.#options.log.warn({ lease: this.#options.name, err }, 'cannot give the lease back');
    } finally {
      deadline.end();
    }
  }

  #setLeading(leading: boolean): void {
    this.#leading = leading;
    this.#options.metrics?.leader.set({ name: this.#options.name }, leading ? 1 : 0);
  }
}

/** Waits for the time, but no longer than until the promise settles or the signal aborts. */
async function pause(milliseconds: number, until: Promise<void>, signal?: AbortSignal): Promise<void> {
  const over = defer<void>();
  const end = (): void => over.resolve();
  const timer = setTimeout(end, Math.max(0, milliseconds));
  const letGo = onAbort(signal, end);
  try {
    await Promise.race([over.promise, until]);
  } finally {
    clearTimeout(timer);
    letGo();
  }
}
