import { ApiError } from '@sandfleet/contract';

import type { KernelAnswer } from './answer.ts';
import type { Kernel, KernelOutcome } from './kernel.ts';
import type { KernelChoice } from './kernel-names.ts';
import type { KernelSource } from './kernel-source.ts';
import { Outputs } from './outputs.ts';

const MAX_QUEUED = 32;

export interface SessionOptions {
  readonly id: string;
  readonly kernel: KernelChoice;
  /** An absolute directory that exists. */
  readonly directory: string;
  readonly outputBytes: number;
  readonly source: KernelSource;
  /** What the first answer should tell about sessions of this id before. */
  readonly hint?: string | undefined;
}

export interface SessionRun {
  readonly code: string;
  readonly timeoutSeconds: number;
  /** An absolute directory that exists. */
  readonly directory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Code that runs one after the other and shares its variables, in a kernel that is replaced when it ends. */
export class KernelSession {
  readonly id: string;
  readonly kernelName: string;
  readonly python: string;
  readonly createdAt = Date.now();
  lastUsedAt = Date.now();
  readonly #source: KernelSource;
  readonly #outputBytes: number;
  #directory: string;
  /** The kernel is there already, or still in a directory of its own. */
  #kernel: Kernel | undefined;
  #moved = false;
  #hint: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #uses = 0;
  #closed = false;

  constructor({ id, kernel, directory, outputBytes, source, hint }: SessionOptions) {
    this.id = id;
    this.kernelName = kernel.name;
    this.python = kernel.python;
    this.#directory = directory;
    this.#outputBytes = outputBytes;
    this.#source = source;
    this.#hint = hint;
  }

  get isBusy(): boolean {
    return this.#queued > 0;
  }

  /** Calls so far, under way and waiting. */
  get uses(): number {
    return this.#uses;
  }

  /** Starts the kernel, so that the first code does not wait for it. */
  async open(): Promise<void> {
    await this.#inTurn(() => this.#ready());
  }

  /** Runs code behind what is under way. @throws ApiError SESSION_LIMIT, SESSION_NOT_FOUND, TOOL_UNAVAILABLE */
  async run(run: SessionRun): Promise<KernelAnswer> {
    return this.#inTurn(() => this.#run(run));
  }

  /** Ends the kernel, at once when code runs in it. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#kernel?.stop();
  }

  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    if (this.#queued >= MAX_QUEUED)
      throw new ApiError('SESSION_LIMIT', { message: 'Too much code waits in this session.', retryAfterSeconds: 1 });
    this.#queued += 1;
    this.#uses += 1;
    this.lastUsedAt = Date.now();
    const turn = this.#queue.then(() => {
      if (this.#closed) throw new ApiError('SESSION_NOT_FOUND', { message: 'The session was closed.' });
      return act();
    });
    this.#queue = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#queued -= 1;
      this.lastUsedAt = Date.now();
    }
  }

  async #run(run: SessionRun): Promise<KernelAnswer> {
    if (run.signal?.aborted) throw new ApiError('CONFLICT', { message: 'The client hung up before its turn.' });
    if (run.directory !== undefined) {
      this.#directory = run.directory;
      this.#moved = false;
    }
    const first = await this.#attempt(run);
    // What a kernel was never given can be given to another.
    const { outcome, outputs, kernel } = first.outcome.refused ? await this.#attempt(run) : first;
    if (outcome.status === 'died') outputs.addError(deathOf(kernel, this.#closed));
    const hint = this.#takeHint(outcome, kernel);
    return {
      sessionId: this.id,
      kernelName: this.kernelName,
      status: outcome.status === 'died' ? 'error' : outcome.status,
      executionCount: outcome.executionCount,
      outputs: outputs.list(),
      messageId: outcome.messageId,
      hint,
    };
  }

  async #attempt({ code, timeoutSeconds, signal }: SessionRun) {
    const kernel = await this.#ready();
    const outputs = new Outputs(this.#outputBytes);
    const cwd = this.#moved ? undefined : this.#directory;
    const outcome = await kernel.run({ code, cwd, timeoutSeconds, signal, outputs });
    this.#moved ||= outcome.refused !== true;
    return { kernel, outputs, outcome };
  }

  async #ready(): Promise<Kernel> {
    if (this.#kernel?.isAlive) return this.#kernel;
    if (this.#kernel !== undefined)
      this.#hint = `The kernel of this session is gone (${this.#kernel.end}); a new one runs, without its variables.`;
    this.#kernel = undefined;
    this.#moved = false;
    const kernel = await this.#source.claim(this.python);
    this.#kernel = kernel;
    if (this.#closed) await kernel.kill();
    return kernel;
  }

  #takeHint(outcome: KernelOutcome, kernel: Kernel): string | undefined {
    const notes = this.#hint === undefined ? [] : [this.#hint];
    this.#hint = undefined;
    if (!kernel.isAlive && outcome.status === 'timeout')
      notes.push('The code did not react to an interrupt, so its kernel was ended: the variables of the session are gone.');
    if (outcome.status === 'died') notes.push('The next call of this session gets a new kernel, without its variables.');
    return notes.length === 0 ? undefined : notes.join(' ');
  }
}

function deathOf(kernel: Kernel, closed: boolean) {
  const evalue = closed ? 'The session was closed while the code ran.' : `The kernel died while the code ran: ${kernel.end}.`;
  return { ename: 'KernelDied', evalue, traceback: [`KernelDied: ${evalue}`] };
}
