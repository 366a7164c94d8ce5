import type { Environment } from '../config.ts';
import type { ServiceName } from './service.ts';

/** When a program takes calls: it says so by a line of its output, or a probe finds out. */
export type Readiness =
  | { readonly line: RegExp; readonly failure?: RegExp }
  | { readonly probe: (signal: AbortSignal) => Promise<boolean> };

export interface Program {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  readonly env: Environment;
  readonly ready: Readiness;
  /** The service runs on without it, and it is started again. */
  readonly dispensable?: true;
}

/** What a service consists of. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  /** Why it never runs, when that is so: the name of the variable. */
  readonly disabledBy?: string | undefined;
  /** Services that have to run before it, and that it can't outlive. */
  readonly needs: readonly ServiceName[];
  /** What it gets to end by itself. */
  readonly graceMs: number;
  /**
   * Clears what an earlier run has left, makes what the next one needs, and gives its programs in the order of their start.
   *
   * @throws Error with what stands in the way
   */
  prepare(signal: AbortSignal): Promise<readonly Program[]>;
  /** Called once all programs are ready; the signal is aborted when that has become of no use. */
  started?(signal: AbortSignal): Promise<void>;
  /** Why nobody new can reach a run though its programs live: what it listens on may have been removed. */
  fault?(): Promise<string | undefined>;
  /** Called when no process of a run is left, unless `prepare` has failed. */
  clear?(): Promise<void>;
  /** Asked before it is stopped for idleness: it may still be at work for somebody who does not hold a lease. */
  isBusy?(signal: AbortSignal): Promise<boolean>;
}
