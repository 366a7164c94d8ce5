import { ApiError } from '@sandfleet/contract';
import type { NodejsSessionInfo } from '@sandfleet/contract/runtime';

import type { Environment } from '../../config.ts';
import { isDirectory } from '../../is-directory.ts';
import { outputsOf, TIMEOUT_EXIT_CODE, withFailures, type NodeAnswer } from './answer.ts';
import { Repl, type ReplOutcome } from './repl.ts';

const MAX_WAITING = 16;

export interface SessionOptions {
  readonly id: string;
  readonly binary: string;
  /** Major version, as `node24`. */
  readonly version: string;
  readonly cwd: string;
  readonly env: Environment;
  readonly outputLimit: number;
  readonly maxIdleSeconds: number;
}

export interface SessionRequest {
  readonly code: string;
  readonly timeoutSeconds: number;
  readonly stdin?: string | undefined;
  readonly cwd?: string | undefined;
  /** Runs when the queue has come to this call. */
  readonly prepare?: ((cwd: string) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One REPL: calls in order, and a new process when the one before has ended. */
export class NodeSession {
  readonly id: string;
  readonly version: string;
  readonly createdAt = Date.now();
  lastUsedAt = Date.now();
  maxIdleSeconds: number;
  cwd: string;
  readonly #options: SessionOptions;
  #repl: Repl | undefined;
  #count = 0;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  /** A directory that was set while a call ran: it must outlast where that call ends. */
  #movedTo: string | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.version = options.version;
    this.cwd = options.cwd;
    this.maxIdleSeconds = options.maxIdleSeconds;
  }

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** No code has run, and no other call is about to run some. */
  get isUnused(): boolean {
    return this.#count === 0 && this.#waiting <= 1;
  }

  get info(): NodejsSessionInfo {
    return {
      session_id: this.id,
      cwd: this.cwd,
      created_at: this.createdAt,
      last_used: this.lastUsedAt,
      max_idle_time: this.maxIdleSeconds * 1000,
      age_seconds: Math.floor((Date.now() - this.createdAt) / 1000),
      state: this.isBusy ? 'EXECUTING' : 'IDLE',
    };
  }

  /** @throws ApiError SESSION_LIMIT when too many calls wait already. */
  execute(request: SessionRequest): Promise<NodeAnswer> {
    if (this.#waiting > MAX_WAITING)
      throw new ApiError('SESSION_LIMIT', { message: 'Too many calls wait in this session.', retryAfterSeconds: 1 });
    this.#waiting += 1;
    this.lastUsedAt = Date.now();
    const answer = this.#last.then(() => this.#run(request));
    this.#last = answer
      .catch(() => undefined)
      .then(() => {
        this.#waiting -= 1;
        this.lastUsedAt = Date.now();
      });
    return answer;
  }

  /** A new directory is where the next call begins. */
  update({ cwd, maxIdleSeconds }: { readonly cwd?: string | undefined; readonly maxIdleSeconds?: number | undefined }): void {
    if (cwd !== undefined) {
      this.cwd = cwd;
      this.#movedTo = cwd;
    }
    if (maxIdleSeconds !== undefined) this.maxIdleSeconds = maxIdleSeconds;
    this.lastUsedAt = Date.now();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#repl?.close();
    await this.#last;
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
  }

  async #run(request: SessionRequest): Promise<NodeAnswer> {
    this.#refuseWhenClosed();
    request.signal?.throwIfAborted();
    if (request.cwd !== undefined) this.cwd = request.cwd;
    await request.prepare?.(this.cwd);
    const begins = this.#repl === undefined || this.#repl.hasEnded;
    // A process can't begin in a directory that was removed meanwhile, as the workspace may be.
    const cwd = begins && !(await isDirectory(this.cwd)) ? '/' : this.cwd;
    this.#refuseWhenClosed();
    request.signal?.throwIfAborted();
    const wasLost = this.#repl?.hasEnded === true;
    if (this.#repl === undefined || wasLost) this.#repl = new Repl({ ...this.#options, cwd });
    const repl = this.#repl;
    this.#movedTo = undefined;
    this.#count += 1;
    const name = `session-${this.#count}.js`;
    const outcome = await repl.run({ ...request, name, cwd: this.cwd });
    if (outcome.reply !== undefined) this.cwd = this.#movedTo ?? outcome.reply.cwd;
    const hint = wasLost ? 'The process of this session had ended: variables of earlier calls are gone. ' : '';
    return this.#answer(repl, outcome, { timeoutSeconds: request.timeoutSeconds, hint });
  }

  async #answer(
    repl: Repl,
    { reply, isStuck }: ReplOutcome,
    { timeoutSeconds, hint }: { timeoutSeconds: number; hint: string },
  ): Promise<NodeAnswer> {
    const exitCode = reply === undefined ? await repl.process.ended : undefined;
    const stdout = repl.process.stdout.take();
    const stderr = repl.process.stderr.take();
    const failures = reply?.errors ?? [];
    const common = {
      stdout,
      stderr: withFailures(stderr, failures),
      outputs: outputsOf({ stdout, stderr, value: reply?.value, failures }),
      executionCount: this.#count,
      sessionId: this.id,
    };
    if (reply === undefined) {
      const how = this.#isClosed ? 'The session was closed.' : endOf(isStuck, exitCode ?? 0, timeoutSeconds);
      const status = isStuck ? 'timeout' : exitCode === 0 ? 'ok' : 'error';
      return { ...common, status, exitCode: isStuck ? TIMEOUT_EXIT_CODE : (exitCode ?? 1), hint: hint + how };
    }
    const code = { ok: 0, error: 1, timeout: TIMEOUT_EXIT_CODE }[reply.status];
    const note = hint + (reply.status === 'timeout' ? timeoutHint(reply.goesOn === true, timeoutSeconds) : '');
    return { ...common, status: reply.status, exitCode: code, ...(note === '' ? {} : { hint: note.trim() }) };
  }
}

const GONE = 'Variables are gone; the next call starts a new process.';

function endOf(isStuck: boolean, exitCode: number, seconds: number): string {
  if (isStuck) return `The code did not end in ${seconds} s and could not be interrupted, so its process was killed. ${GONE}`;
  return `The code ended the process of the session (exit code ${exitCode}). ${GONE}`;
}

const timeoutHint = (goesOn: boolean, seconds: number): string =>
  goesOn
    ? `Nothing to wait for came in ${seconds} s; variables are kept, and what was begun goes on in the background.`
    : `The code was interrupted after ${seconds} s; variables are kept.`;
