import { constants } from 'node:os';
import type { Readable } from 'node:stream';

import { ApiError } from '@sandfleet/contract';
import type { BashSignal, BashStatus } from '@sandfleet/contract/runtime';

import { ByteLog, type Budget } from './byte-log.ts';
import { endFamily } from './end-family.ts';
import type { StartedProcess } from './started-process.ts';

/** How long nothing may come from programs in the background before an ended command counts as over, and how long at most. */
const QUIET_MS = 50;
const LONGEST_SETTLE_MS = 500;
const INPUT_QUEUE_BYTES = 1024 * 1024;
/** After all processes are gone the end is a matter of reading it; a process that the kernel holds is waited for no longer. */
const END_WAIT_MS = 2000;

export interface CommandOptions {
  readonly id: string;
  readonly text: string;
  /** What marks the processes that belong to it. */
  readonly mark: string;
  /** Bytes of each stream that are kept. */
  readonly keep: number;
  readonly budget: Budget;
  readonly graceMs: number;
  readonly hardTimeoutSeconds: number | undefined;
}

/** What was decided about a command before it ended. */
type Verdict = 'killed' | 'timed_out';

/** A bash that runs one command, what it wrote and what became of it. */
export class Command {
  readonly id: string;
  readonly text: string;
  readonly stdout: ByteLog;
  readonly stderr: ByteLog;
  /** Settles when the command is over. */
  readonly ended: Promise<void>;
  /** Settles when nobody can write to its output any more. */
  readonly silent: Promise<void>;
  readonly #options: CommandOptions;
  readonly #process: StartedProcess;
  readonly #watchers = new Set<() => void>();
  readonly #hardTimeout: NodeJS.Timeout | undefined;
  #finish!: () => void;
  #hush!: () => void;
  #open = 2;
  #lastOutputAt = 0;
  #exited: { readonly at: number; readonly code: number } | undefined;
  #isOver = false;
  #isDiscarded = false;
  #verdict: Verdict | undefined;

  constructor(process: StartedProcess, options: CommandOptions) {
    this.id = options.id;
    this.text = options.text;
    this.stdout = new ByteLog(options.keep, options.budget);
    this.stderr = new ByteLog(options.keep, options.budget);
    this.ended = new Promise((resolve) => (this.#finish = resolve));
    this.silent = new Promise((resolve) => (this.#hush = resolve));
    this.#options = options;
    this.#process = process;
    this.#collect(process.stdout, this.stdout);
    this.#collect(process.stderr, this.stderr);
    // Whoever stops reading makes the next write fail; the error closes the stream, and that is all there is to do.
    process.stdin.on('error', () => {});
    void process.exited.then((code) => (code === undefined ? this.#onLost() : this.#onExit(code)));
    const seconds = options.hardTimeoutSeconds;
    if (seconds !== undefined) this.#hardTimeout = setTimeout(() => void this.end('SIGTERM', 'timed_out'), seconds * 1000);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It is over, and programs in the background can still write to its output. */
  get hasBackground(): boolean {
    return this.#isOver && this.#open > 0;
  }

  get status(): BashStatus {
    return this.#isOver ? (this.#verdict ?? 'completed') : 'running';
  }

  get exitCode(): number | undefined {
    return this.#isOver ? this.#exited?.code : undefined;
  }

  /** Calls back whenever there is output or an end; gives the way to stop that. */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => void this.#watchers.delete(callback);
  }

  /** Writes to the standard input; the bytes wait in a queue of limited length while the command does not read. */
  async write(input: string, eof: boolean): Promise<number> {
    const { stdin } = this.#process;
    if (this.#isOver || !stdin.writable) throw this.#closedInput();
    const bytes = Buffer.from(input);
    if (stdin.writableLength > 0 && stdin.writableLength + bytes.length > INPUT_QUEUE_BYTES)
      throw new ApiError('TOO_MANY_REQUESTS', {
        message: `The command has not read ${stdin.writableLength} bytes of its input yet.`,
        retryAfterSeconds: 1,
      });
    const failure = await new Promise<Error | null | undefined>((resolve) => {
      if (bytes.length > 0) stdin.write(bytes, resolve);
      // A pipe that nobody reads fails at once; one that is full takes its time, and nobody need wait for that.
      setImmediate(() => resolve(undefined));
    });
    if (failure instanceof Error) throw this.#closedInput();
    if (eof) stdin.end();
    return bytes.length;
  }

  /** Ends the command and all that it started, also what it left in the background; what was decided first stays its status. */
  async end(signal: BashSignal, verdict: Verdict, graceMs = this.#options.graceMs): Promise<void> {
    await this.#endFamily(signal, verdict, graceMs);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.ended, new Promise((resolve) => (timer = setTimeout(resolve, END_WAIT_MS)))]);
    clearTimeout(timer);
  }

  /** Forgets the output, also what is still to come. */
  discard(): void {
    this.#isDiscarded = true;
    for (const log of [this.stdout, this.stderr]) log.clear();
  }

  /** Gives up the pipes: who still writes is told so by the kernel. */
  release(): void {
    const { stdin, stdout, stderr } = this.#process;
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
  }

  async #endFamily(signal: BashSignal, verdict: Verdict, graceMs: number): Promise<void> {
    const { pid } = this.#process;
    const pids = this.#exited === undefined ? [pid] : [];
    if (this.#exited === undefined) this.#verdict ??= verdict;
    clearTimeout(this.#hardTimeout);
    await endFamily({ pids, sessions: [pid], mark: this.#options.mark }, signal, graceMs);
  }

  #collect(stream: Readable, log: ByteLog): void {
    stream.on('data', (chunk: Buffer) => {
      this.#lastOutputAt = Date.now();
      if (!this.#isDiscarded) log.append(chunk);
      this.#notify();
    });
    stream.on('error', () => {});
    stream.once('close', () => {
      this.#open -= 1;
      if (this.#open > 0) return;
      this.#hush();
      if (this.#exited !== undefined) this.#conclude();
    });
  }

  #onExit(code: number): void {
    this.#exited = { at: Date.now(), code };
    clearTimeout(this.#hardTimeout);
    this.#process.stdin.destroy();
    if (this.#open === 0) this.#conclude();
    else this.#settle(this.#exited.at);
  }

  /** Whoever watched the process is gone; a command whose end nobody can tell must not go on unseen. */
  #onLost(): void {
    void this.#endFamily('SIGKILL', 'killed', 0).then(() => this.#onExit(128 + constants.signals.SIGKILL));
  }

  /** Waits for output that is on its way, but not for ever: programs in the background may keep the pipes. */
  #settle(exitedAt: number): void {
    setTimeout(() => {
      // Behind the reading of this turn: after a time in which the server itself stood still, output may be waiting.
      setImmediate(() => {
        const now = Date.now();
        if (this.#isOver) return;
        if (now - Math.max(this.#lastOutputAt, exitedAt) >= QUIET_MS || now - exitedAt >= LONGEST_SETTLE_MS) this.#conclude();
        else this.#settle(exitedAt);
      });
    }, QUIET_MS);
  }

  #conclude(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finish();
    this.#notify();
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #closedInput(): ApiError {
    return new ApiError('CONFLICT', { message: 'Nothing reads the input of this command any more.' });
  }
}
