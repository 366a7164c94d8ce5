import { ApiError } from '@sandfleet/contract';
import type { Logger } from '@sandfleet/server-kit';

import type { Family } from '../tools/bash/family.ts';
import type { ServiceDefinition } from './definition.ts';
import { ServiceRun, type RunFailure } from './service-run.ts';
import type { Lease, Service, ServiceExit, ServiceName, ServiceState, ServiceStatus } from './service.ts';
import { AT_FIRST, delayOf, nextTick, step, type Limits, type Order, type ServiceEvent, type Situation } from './supervision.ts';

export interface SupervisedOptions {
  readonly definition: ServiceDefinition;
  readonly limits: Limits;
  readonly get: (name: ServiceName) => Service;
  readonly log: Logger;
  readonly redact: (text: string) => string;
  /** Told how long each start took, in seconds. */
  readonly onStarted?: (seconds: number) => void;
}

/** A service that does not say in time whether it is at work counts as idle. */
const BUSY_ANSWER_MS = 5000;

interface Waiter {
  grant(lease: Lease): void;
  refuse(error: Error): void;
}

/** Does what the machine of `supervision.ts` orders, and tells it what has come of it. */
export class SupervisedService implements Service {
  readonly name: ServiceName;
  readonly #options: SupervisedOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #listeners = new Set<(state: ServiceState) => void>();
  readonly #stops = new Set<() => void>();
  readonly #events: ServiceEvent[] = [];
  #situation: Situation = AT_FIRST;
  #run: ServiceRun | undefined;
  #timer: NodeJS.Timeout | undefined;
  #generation = 0;
  #restarts = 0;
  #startedAt = 0;
  #lastExit: ServiceExit | undefined;
  /** Of the last failure, for those who are sent away. */
  #why = '';
  #isClosed = false;

  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.name = options.definition.name;
  }

  state(): ServiceState {
    return this.#options.definition.disabledBy === undefined ? this.#situation.state : 'disabled';
  }

  async lease(signal?: AbortSignal): Promise<Lease> {
    // Who holds one may go on well with what is open already.
    if (this.#situation.leases === 0 && this.#options.definition.fault !== undefined) await this.check();
    return this.#ask(signal);
  }

  async check(): Promise<void> {
    if (this.#situation.state === 'running') await this.#run?.check();
  }

  #ask(signal: AbortSignal | undefined): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) return reject(refusal);
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const leave = (error: Error) => {
        finish();
        this.#tell({ type: 'gave-up' });
        reject(error);
      };
      const onAbort = () => leave(signal?.reason as Error);
      const timer = setTimeout(() => leave(this.#unavailable(this.#lateness())), this.#options.limits.startMs);
      const finish = () => {
        this.#waiters.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        grant: (lease) => (finish(), resolve(lease)),
        refuse: (error) => (finish(), reject(error)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
      this.#tell({ type: 'asked' });
    });
  }

  /** Starts it before anybody asks, and keeps it from idling until somebody has. */
  warm(): void {
    if (this.#refusal() === undefined) this.#tell({ type: 'warmed' });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#stops.add(resolve);
      this.#tell({ type: 'stop' });
    });
  }

  /** Stops it for good. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.stop();
  }

  onState(listener: (state: ServiceState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status(): ServiceStatus {
    const { state, since, leases, idleSince } = this.#situation;
    const isRunning = state === 'running';
    const now = Date.now();
    return {
      state: this.state(),
      pid: this.#run?.pid,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      runningSince: isRunning ? new Date(now - (performance.now() - since)) : undefined,
      idleSeconds: isRunning && leases === 0 ? Math.round((performance.now() - idleSince) / 1000) : undefined,
    };
  }

  family(): Family | undefined {
    return this.#run?.family;
  }

  /** What an order sets off may be told in the middle of it, and has to wait for its turn. */
  #tell(event: ServiceEvent): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    for (let next = event as ServiceEvent | undefined; next !== undefined; next = this.#events[0]) {
      try {
        this.#take(next);
      } catch (error) {
        this.#options.log.error({ service: this.name, err: error }, 'event of a service went wrong');
      }
      this.#events.shift();
    }
    this.#setTimer();
  }

  #take(event: ServiceEvent): void {
    const before = this.#situation;
    const { next, orders } = step(before, event, performance.now(), this.#options.limits);
    this.#situation = next;
    if (next.state !== before.state) this.#noteEnd(event, before, next);
    for (const order of orders) this.#obey(order, before);
    if (event.type === 'gone' || next.state === 'stopped') this.#settleStops();
    if (next.state === before.state) return;
    this.#options.log.info({ service: this.name, state: next.state }, 'service state');
    for (const listener of this.#listeners) listener(next.state);
  }

  /** What a run was ended for by us; one that failed has told its reason itself. */
  #noteEnd({ type }: ServiceEvent, before: Situation, next: Situation): void {
    if (next.state !== 'stopping' || type === 'failed' || type === 'lost') return;
    const isLate = before.state === 'starting' && type === 'tick';
    if (isLate) this.#why = this.#lateness();
    else this.#why = '';
    this.#note({ reason: isLate ? 'did not come up in time' : type === 'tick' ? 'idle' : 'stopped' });
  }

  #obey(order: Order, before: Situation): void {
    switch (order) {
      case 'start':
        if (before.state === 'backing-off') this.#restarts += 1;
        return this.#start();
      case 'end':
        return this.#end();
      case 'grant':
        for (const waiter of this.#waiters) waiter.grant(this.#newLease());
        return;
      case 'refuse':
        for (const waiter of this.#waiters) waiter.refuse(this.#refusal() ?? this.#unavailable(this.#why));
    }
  }

  #start(): void {
    this.#generation += 1;
    this.#startedAt = performance.now();
    const { definition, get, log, redact, onStarted } = this.#options;
    this.#run = new ServiceRun(
      { definition, get, log: log.child({ service: this.name }), redact },
      () => {
        this.#why = '';
        onStarted?.((performance.now() - this.#startedAt) / 1000);
        this.#tell({ type: 'ready' });
      },
      (failure) => this.#failed(failure),
    );
  }

  #failed({ code, signal, reason, lines, hopeless, isLoss }: RunFailure): void {
    if (isLoss === true) {
      this.#note({ reason });
      return this.#tell({ type: 'lost' });
    }
    this.#why = [reason, lines].filter((text) => text !== '').join('\n');
    this.#note({ code, signal, reason });
    this.#options.log.warn({ service: this.name, code, signal, reason, lines }, 'service failed');
    this.#tell({ type: 'failed', hopeless });
  }

  #end(): void {
    const run = this.#run;
    if (run === undefined) return;
    void run.end().then(() => {
      this.#run = undefined;
      this.#tell({ type: 'gone' });
    });
  }

  #newLease(): Lease {
    const run = this.#run;
    if (run === undefined) throw new Error('a lease without a run');
    let isHeld = true;
    return {
      generation: this.#generation,
      ended: run.ended,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        if (this.#run === run) this.#tell({ type: 'released' });
      },
    };
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const at = nextTick(this.#situation, this.#options.limits);
    if (at === undefined) return;
    this.#timer = setTimeout(() => void this.#onTimer(), Math.max(1, Math.ceil(at - performance.now())));
    this.#timer.unref();
  }

  async #onTimer(): Promise<void> {
    const isIdle = this.#situation.state === 'running';
    this.#tell({ type: isIdle && (await this.#isBusy()) ? 'busy' : 'tick' });
  }

  async #isBusy(): Promise<boolean> {
    const run = this.#run;
    const { isBusy } = this.#options.definition;
    if (run === undefined || isBusy === undefined) return false;
    return isBusy(AbortSignal.any([AbortSignal.timeout(BUSY_ANSWER_MS), run.ended])).catch(() => false);
  }

  #note(exit: Omit<ServiceExit, 'at'>): void {
    this.#lastExit = { ...exit, at: new Date() };
  }

  #settleStops(): void {
    for (const resolve of this.#stops) resolve();
    this.#stops.clear();
  }

  #refusal(): ApiError | undefined {
    const { disabledBy } = this.#options.definition;
    if (disabledBy !== undefined)
      return new ApiError('SERVICE_DISABLED', { message: `The service ${this.name} is switched off by ${disabledBy}.` });
    if (this.#isClosed) return this.#unavailable('the sandbox stops');
    return undefined;
  }

  #lateness(): string {
    const seconds = Math.round(this.#options.limits.startMs / 1000);
    return [`it did not come up within ${seconds} s`, this.#why, this.#run?.lines ?? ''].filter((text) => text !== '').join('\n');
  }

  #unavailable(why: string): ApiError {
    const { state, until, failures } = this.#situation;
    const left = state === 'backing-off' ? until - performance.now() : delayOf(failures, this.#options.limits);
    return new ApiError('SERVICE_UNAVAILABLE', {
      message: `The service ${this.name} is not available: ${why === '' ? 'it was stopped' : why}`,
      retryAfterSeconds: Math.max(1, left / 1000),
    });
  }
}
