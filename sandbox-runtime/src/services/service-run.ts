import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { ApiError } from '@sandfleet/contract';
import type { Logger } from '@sandfleet/server-kit';

import { signalProcess } from '../process/session-processes.ts';
import { endFamily } from '../tools/bash/end-family.ts';
import type { Family } from '../tools/bash/family.ts';
import type { Program, ServiceDefinition } from './definition.ts';
import type { Lease, Service, ServiceName } from './service.ts';
import { StartedProgram, type ProgramExit } from './started-program.ts';

export interface RunOptions {
  readonly definition: ServiceDefinition;
  readonly get: (name: ServiceName) => Service;
  readonly log: Logger;
  readonly redact: (text: string) => string;
}

/** Why a run is over that nobody ended. */
export interface RunFailure extends Partial<ProgramExit> {
  readonly reason: string;
  /** The end of what the program wrote. */
  readonly lines: string;
  readonly hopeless: boolean;
  /** It was not its own: what it needs was stopped. */
  readonly isLoss?: boolean;
}

/** The reason of `Lease.ended`. */
export class RunOver extends Error {
  override readonly name = 'RunOver';
  readonly hasFailed: boolean;

  constructor(failure: RunFailure | undefined) {
    super(failure?.reason ?? 'the service was stopped');
    this.hasFailed = failure !== undefined && failure.isLoss !== true;
  }
}

/** Processes that do not heed SIGTERM once the programs themselves are gone. */
const LEFTOVERS_GRACE_MS = 500;
const SECOND_LOOK_MS = 50;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** One life of a service: from its start to the end of its last process. */
export class ServiceRun {
  /** Aborted when the run is of no use any more. */
  readonly #over = new AbortController();
  readonly #options: RunOptions;
  readonly #mark: string;
  readonly #leases: Lease[] = [];
  readonly #programs: StartedProgram[] = [];
  readonly #onFailure: (failure: RunFailure) => void;
  /** Never rejects. */
  readonly #begun: Promise<void>;
  #failure: RunFailure | undefined;
  #isPrepared = false;
  #end: Promise<void> | undefined;

  /** `onReady` or `onFailure` is called at most once each, and neither after `end`. */
  constructor(options: RunOptions, onReady: () => void, onFailure: (failure: RunFailure) => void) {
    this.#options = options;
    this.#mark = `service/${options.definition.name}/${randomUUID()}`;
    this.#onFailure = onFailure;
    this.#begun = this.#begin().then(
      () => void (this.#over.signal.aborted || onReady()),
      // A service that it needs has tried for itself already.
      (error: unknown) => this.#fail({ reason: reasonOf(error), lines: '', hopeless: error instanceof ApiError }),
    );
  }

  get ended(): AbortSignal {
    return this.#over.signal;
  }

  /** The first program, which the service is named after. */
  get pid(): number | undefined {
    return this.#programs[0]?.pid;
  }

  get family(): Family {
    const pids = this.#programs.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    return { pids, sessions: pids, mark: this.#mark };
  }

  get lines(): string {
    return this.#programs.map((program) => program.lastLines()).join('\n');
  }

  /** Fails when nobody new can reach it. Never throws. */
  async check(): Promise<void> {
    const reason = await this.#options.definition.fault?.();
    if (reason !== undefined) this.#fail({ reason, lines: '', hopeless: false });
  }

  /** Ends all processes and resolves when none is left. */
  end(): Promise<void> {
    this.#end ??= this.#endAll();
    return this.#end;
  }

  async #begin(): Promise<void> {
    const { definition, get } = this.#options;
    const { signal } = this.#over;
    for (const name of definition.needs) {
      await get(name).check();
      const lease = await get(name).lease(signal);
      this.#leases.push(lease);
      const lost = () => {
        // The reason is always of this class: see `ended` of a run.
        const { hasFailed } = lease.ended.reason as RunOver;
        this.#fail({ reason: `the service ${name} has ended`, lines: '', hopeless: false, isLoss: !hasFailed });
      };
      lease.ended.addEventListener('abort', lost, { once: true });
      if (lease.ended.aborted) lost();
    }
    const programs = await definition.prepare(signal);
    this.#isPrepared = true;
    for (const program of programs) {
      signal.throwIfAborted();
      await this.#launch(program);
    }
    signal.throwIfAborted();
    await definition.started?.(signal);
  }

  async #launch(program: Program): Promise<void> {
    const { log, redact } = this.#options;
    const started = new StartedProgram(program, { mark: this.#mark, log, redact });
    this.#programs.push(started);
    try {
      await started.ready(this.#over.signal);
    } catch (error) {
      const reason = `${program.name}: ${reasonOf(error)}`;
      return this.#fail({ ...started.ended, reason, lines: started.lastLines(), hopeless: started.isMissing });
    }
    void (program.dispensable ? this.#replace(started) : this.#mind(started));
  }

  async #mind(started: StartedProgram): Promise<void> {
    const exit = await started.exit;
    const reason = `${started.program.name} ended with ${exit.signal ?? `code ${exit.code}`}`;
    this.#fail({ ...exit, reason, lines: started.lastLines(), hopeless: false });
  }

  /** Starts a program again as often as it ends, less and less eagerly. */
  async #replace(first: StartedProgram): Promise<void> {
    const { log, redact } = this.#options;
    const { signal } = this.#over;
    const { program } = first;
    let started: StartedProgram | undefined = first;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const exit = await started?.exit;
      await delay(pause, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      if (started !== undefined) {
        log.warn({ program: program.name, code: exit?.code, signal: exit?.signal }, 'program of a service has ended');
        started.close();
        this.#programs.splice(this.#programs.indexOf(started), 1);
      }
      started = this.#startAgain(program, { log, redact });
    }
  }

  /** Where there is no memory for another process there may be some later. */
  #startAgain(program: Program, { log, redact }: Pick<RunOptions, 'log' | 'redact'>): StartedProgram | undefined {
    try {
      const started = new StartedProgram(program, { mark: this.#mark, log, redact });
      this.#programs.push(started);
      return started;
    } catch (error) {
      log.warn({ program: program.name, err: error }, 'program of a service can not be started again');
      return undefined;
    }
  }

  /** Told before it is over: who hears of the end and asks for the service again must not get this run once more. */
  #fail(failure: RunFailure): void {
    if (this.#over.signal.aborted || this.#failure !== undefined) return;
    this.#failure = failure;
    this.#onFailure(failure);
    this.#over.abort(new RunOver(failure));
  }

  async #endAll(): Promise<void> {
    this.#over.abort(new RunOver(this.#failure));
    // What it is starting just now must be known before it can be ended.
    await this.#begun;
    await this.#endPrograms();
    for (const program of this.#programs) program.close();
    // What stood in the way of the start may be another's.
    if (this.#isPrepared) await this.#clear();
    for (const lease of this.#leases) lease.release();
  }

  /** What can't be cleared away, as in a folder that somebody has locked, must not keep the service from stopping. */
  async #clear(): Promise<void> {
    const { definition, log } = this.#options;
    try {
      await definition.clear?.();
    } catch (error) {
      log.warn({ service: definition.name, err: error }, 'what a run of a service has left can not be cleared away');
    }
  }

  /** The programs first: what helps them would otherwise be gone before they have saved what they have to. */
  async #endPrograms(): Promise<void> {
    const { definition, log } = this.#options;
    if (this.#programs.length === 0) return;
    for (const { pid } of this.#programs) if (pid !== undefined) signalProcess(pid, 'SIGTERM');
    const over = new AbortController();
    const exits = Promise.all(this.#programs.map(({ exit }) => exit));
    await Promise.race([exits, delay(definition.graceMs, undefined, { signal: over.signal }).catch(() => {})]);
    over.abort();
    const end = () => endFamily(this.family, 'SIGTERM', LEFTOVERS_GRACE_MS);
    // While a process becomes another program its environment, and with it the mark, can't be read: a second look finds it.
    if (!(await end()) || !(await delay(SECOND_LOOK_MS, true)) || !(await end()))
      log.error({ service: definition.name }, 'a process of a service can not be ended');
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
