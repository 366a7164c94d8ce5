import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { arch, availableParallelism, hostname, release, tmpdir, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ApiError } from '@sandfleet/contract';
import type { ObserveLiveSnapshot, ObserveReport, ObserveStarted } from '@sandfleet/contract/runtime';
import { VERSION } from '@sandfleet/server-kit';

import { makeFolders } from '../../make-folders.ts';
import { EventLog, eventNow } from './event-log.ts';
import { Reports } from './reports.ts';
import { Sampler, type Sample } from './sampler.ts';
import { ObserveSession, type SessionOptions } from './session.ts';

/** Over how long the shares of CPU of a single look are measured. */
const LIVE_WINDOW_MS = 200;
export const MAX_ROWS = 100;
const MAX_SESSIONS = 4;
const MAX_KEYS = 64;
const MAX_EXPORTS_WAITING = 4;

export interface ObserverOptions {
  readonly paths: readonly string[];
  readonly maxReports: number;
}

export type StartOptions = Pick<SessionOptions, 'mode' | 'durationSeconds' | 'intervalSeconds' | 'processes' | 'disk'>;

/** All that is observed in this sandbox. Until it is asked for something it does nothing, and has no directory. */
export class Observer {
  readonly reports: Reports;
  readonly events = new EventLog();
  readonly #paths: readonly string[];
  readonly #closing = new AbortController();
  /** Oldest first; at most the last one runs. */
  readonly #sessions = new Map<string, ObserveSession>();
  readonly #startKeys = new Map<string, ObserveStarted>();
  readonly #exportKeys = new Map<string, ObserveReport>();
  #root: string | undefined;
  #live: Promise<Sample> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #exportsWaiting = 0;

  constructor({ paths, maxReports }: ObserverOptions) {
    this.#paths = paths;
    this.reports = new Reports(maxReports, () => this.#directory('reports'));
  }

  /** The session that runs, or else the last one. */
  get session(): ObserveSession | undefined {
    return [...this.#sessions.values()].at(-1);
  }

  get mode(): 'off' | 'guardrail' | 'capture' {
    return this.session?.running ? this.session.options.mode : 'off';
  }

  /** Calls that come at the same time share one look. */
  async live(rows: number): Promise<ObserveLiveSnapshot> {
    const sample = await (this.#live ??= this.#look().finally(() => (this.#live = undefined)));
    return {
      ...sample,
      top_processes: sample.top_processes.slice(0, rows),
      mode: this.mode,
      recent_events: this.events.recent(),
    };
  }

  /** @throws ApiError when a session runs that another call began. */
  start(options: StartOptions, key: string | undefined): Promise<ObserveStarted> {
    return this.#inTurn(async () => {
      const known = key === undefined ? undefined : this.#startKeys.get(key);
      if (known !== undefined) return known;
      if (this.#closing.signal.aborted) throw new ApiError('CONFLICT', { message: 'The sandbox is stopping.' });
      if (this.session?.running)
        throw new ApiError('CONFLICT', { message: `Session ${this.session.options.id} is running; stop it first.` });
      const id = `observe-${randomBytes(8).toString('hex')}`;
      const session = new ObserveSession({
        ...options,
        id,
        directory: await this.#directory(id),
        sampler: new Sampler(this.#paths),
        onEvents: (events) => this.events.add(...events),
      });
      this.#sessions.set(id, session);
      if (key !== undefined) remember(this.#startKeys, key, session.started);
      await this.#forgetOldest();
      return session.started;
    });
  }

  /** @throws ApiError when there is no such session, or never was one. */
  stop(id: string | undefined): Promise<{ session: ObserveSession; stopped: boolean }> {
    return this.#inTurn(async () => {
      const session = this.find(id) ?? notFound('There is no observation session.');
      return { session, stopped: await session.stop() };
    });
  }

  /** The session of an id, or the last one. @throws ApiError when there is none of this id. */
  find(id: string | undefined): ObserveSession | undefined {
    if (id === undefined) return this.session;
    return this.#sessions.get(id) ?? notFound(`There is no observation session ${id}.`);
  }

  /** @throws ApiError when there is no such session, or too many exports wait. */
  async export(options: { sessionId: string | undefined; reason: string }, key: string | undefined): Promise<ObserveReport> {
    if (this.#exportsWaiting >= MAX_EXPORTS_WAITING)
      throw new ApiError('TOO_MANY_REQUESTS', { message: 'Other reports are being packed.', retryAfterSeconds: 2 });
    this.#exportsWaiting++;
    try {
      return await this.#inTurn(() => this.#pack(options, key));
    } finally {
      this.#exportsWaiting--;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#inTurn(() => Promise.all([...this.#sessions.values()].map((session) => session.stop())));
    await this.#live?.catch(() => undefined);
    if (this.#root !== undefined) await rm(this.#root, { recursive: true, force: true });
  }

  async #pack({ sessionId, reason }: { sessionId: string | undefined; reason: string }, key: string | undefined) {
    const known = key === undefined ? undefined : this.#exportKeys.get(key);
    // A report that was deleted since is packed anew.
    if (known !== undefined && this.reports.list().includes(known)) return known;
    const session = this.find(sessionId);
    const report = await this.reports.pack({
      reason,
      session: session === undefined ? undefined : { id: session.options.id, directory: session.options.directory },
      summary: { reason, system: systemFacts(), session: session?.started, live: await this.live(MAX_ROWS) },
      signal: this.#closing.signal,
    });
    if (key !== undefined) remember(this.#exportKeys, key, report);
    this.events.add(
      eventNow('report_exported', `report ${report.report_id} was packed`, { report_id: report.report_id, reason }),
    );
    return report;
  }

  async #look(): Promise<Sample> {
    const sampler = new Sampler(this.#paths);
    await sampler.sample({ disk: false, rows: 1 });
    await delay(LIVE_WINDOW_MS);
    return sampler.sample({ disk: true, rows: MAX_ROWS });
  }

  async #forgetOldest(): Promise<void> {
    for (const [id, session] of [...this.#sessions].slice(0, -MAX_SESSIONS)) {
      this.#sessions.delete(id);
      await rm(session.options.directory, { recursive: true, force: true });
    }
  }

  async #directory(name: string): Promise<string> {
    this.#root ??= await mkdtemp(join(tmpdir(), 'observe-'));
    const path = join(this.#root, name);
    // The user may have removed any part of it.
    await makeFolders(path);
    return path;
  }

  /** What changes sessions and reports happens one after the other. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function notFound(message: string): never {
  throw new ApiError('SESSION_NOT_FOUND', { message });
}

/** Keys are for calls that are repeated soon: the oldest are forgotten. */
function remember<T>(keys: Map<string, T>, key: string, value: T): void {
  keys.set(key, value);
  const [oldest] = keys.keys();
  if (keys.size > MAX_KEYS && oldest !== undefined) keys.delete(oldest);
}

const systemFacts = () => ({
  runtime: VERSION,
  node: process.version,
  kernel: release(),
  arch: arch(),
  hostname: hostname(),
  cpus: availableParallelism(),
  machine_memory_bytes: totalmem(),
  machine_uptime_seconds: uptime(),
});
