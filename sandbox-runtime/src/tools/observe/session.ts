import { setTimeout as delay } from 'node:timers/promises';

import type { ObserveEvent, ObserveStarted } from '@sandfleet/contract/runtime';

import { eventNow } from './event-log.ts';
import { RecordFile } from './record-file.ts';
import type { Sample, Sampler } from './sampler.ts';
import { Thresholds } from './thresholds.ts';

/** Of samples and of events each twice as much at most: a file and the one before it. */
const SAMPLE_BYTES = 8 * 1024 * 1024;
const EVENT_BYTES = 1024 * 1024;
const ROWS = 10;

export interface SessionOptions {
  readonly id: string;
  readonly mode: 'guardrail' | 'capture';
  readonly durationSeconds: number;
  readonly intervalSeconds: number;
  readonly processes: boolean;
  readonly disk: boolean;
  readonly directory: string;
  readonly sampler: Sampler;
  readonly onEvents: (events: readonly ObserveEvent[]) => void;
}

/** One time of observation: it looks at intervals, writes what it is to record, and ends by itself. */
export class ObserveSession {
  readonly options: SessionOptions;
  readonly startedAt = new Date();
  lastSampleAt: string | undefined;
  /** Whether anything was recorded. */
  hasRecords = false;
  readonly #plannedEnd: Date;
  #endedAt: Date | undefined;
  readonly #stopping = new AbortController();
  readonly #samples: RecordFile;
  readonly #events: RecordFile;
  readonly #thresholds = new Thresholds();
  readonly #done: Promise<void>;

  constructor(options: SessionOptions) {
    this.options = options;
    this.#plannedEnd = new Date(this.startedAt.getTime() + options.durationSeconds * 1000);
    this.#samples = new RecordFile(options.directory, 'samples', SAMPLE_BYTES);
    this.#events = new RecordFile(options.directory, 'events', EVENT_BYTES);
    this.#done = this.#run();
  }

  get running(): boolean {
    return this.#endedAt === undefined;
  }

  get endsAt(): Date {
    return this.#endedAt ?? this.#plannedEnd;
  }

  /** As it was at the start, however often it is asked for. */
  get started(): ObserveStarted {
    const { id, mode, intervalSeconds, directory } = this.options;
    return {
      session_id: id,
      mode,
      started_at: this.startedAt.toISOString(),
      ends_at: this.#plannedEnd.toISOString(),
      interval_seconds: intervalSeconds,
      runtime_dir: directory,
    };
  }

  /** Returns whether it was still running. */
  async stop(): Promise<boolean> {
    const running = this.running;
    this.#stopping.abort();
    await this.#done;
    return running;
  }

  async #run(): Promise<void> {
    const { id, mode, durationSeconds, intervalSeconds } = this.options;
    const { signal } = this.#stopping;
    const end = performance.now() + durationSeconds * 1000;
    this.options.onEvents([eventNow('session_started', `observation (${mode}) began`, { session_id: id, mode })]);
    while (!signal.aborted && performance.now() < end) {
      const began = performance.now();
      await this.#look();
      const took = performance.now() - began;
      // Where a look takes long, it takes half of the time at most.
      const pause = Math.min(Math.max(intervalSeconds * 1000 - took, took), end - performance.now());
      if (pause > 0) await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
    await Promise.all([this.#samples.close(), this.#events.close()]);
    this.#endedAt = new Date();
    this.options.onEvents([eventNow('session_stopped', `observation (${mode}) ended`, { session_id: id, mode })]);
  }

  /** Never throws: what can't be read is left out of the sample. */
  async #look(): Promise<void> {
    const { mode, disk, processes, sampler } = this.options;
    const capture = mode === 'capture';
    const sample = await sampler.sample({ disk, rows: capture && processes ? ROWS : 0 });
    this.lastSampleAt = sample.captured_at;
    if (capture) {
      await this.#samples.append(sample);
      this.hasRecords = true;
    }
    const events = this.#thresholds.check(sample);
    if (events.length > 0) await this.#tell(events, sample);
  }

  async #tell(events: readonly ObserveEvent[], sample: Sample): Promise<void> {
    const { id, processes, sampler, onEvents } = this.options;
    // A guard that has nothing to tell does not look at processes at all.
    const look = processes && sample.top_processes.length === 0;
    const top = look ? (await sampler.sample({ disk: false, rows: ROWS })).top_processes : sample.top_processes;
    onEvents(events.map((event) => ({ ...event, data: { session_id: id, ...event.data } })));
    for (const event of events)
      await this.#events.append(processes ? { ...event, data: { ...event.data, top_processes: top } } : event);
    this.hasRecords = true;
  }
}
