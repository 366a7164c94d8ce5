import { randomUUID } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';

import { isDirectory } from '../../is-directory.ts';
import type { ToolContext } from '../../tool.ts';
import { resolvePath } from '../file/workspace-path.ts';
import type { KernelAnswer, KernelRequest } from './answer.ts';
import { chooseKernel, defaultName, type KernelChoice } from './kernel-names.ts';
import { KernelSource, toApiError } from './kernel-source.ts';
import { KernelSession } from './session.ts';
import { SessionTable } from './session-table.ts';

export type { KernelAnswer, KernelRequest } from './answer.ts';

const SWEEP_MS = { atLeast: 250, atMost: 30_000 };

export type KernelsOptions = Pick<ToolContext, 'config' | 'env' | 'places' | 'log'>;
export type OpenRequest = Pick<KernelRequest, 'sessionId' | 'kernelName' | 'cwd'>;

export interface KernelsInfo {
  readonly names: readonly string[];
  /** Empty when there is no kernel. */
  readonly defaultName: string;
  /** Why there is none. */
  readonly missing?: string | undefined;
}

/** Everything that runs Python in kernels: sessions that last, and kernels for one piece of code. */
export class Kernels {
  readonly #options: KernelsOptions;
  readonly #source: KernelSource;
  readonly #sessions: SessionTable;
  #sweeper: NodeJS.Timeout | undefined;
  #activeAt = Date.now();
  #closed = false;

  constructor(options: KernelsOptions) {
    this.#options = options;
    const { config, env, log } = options;
    this.#source = new KernelSource({
      python: config.SANDFLEET_PYTHON,
      directory: config.SANDFLEET_PYTHON_DIR,
      outputBytes: config.JUPYTER_OUTPUT_BYTES,
      warmKernels: config.JUPYTER_WARM_KERNELS,
      env,
      log,
    });
    this.#sessions = new SessionTable({
      maxSessions: config.MAX_JUPYTER_SESSIONS,
      maxUnnamed: config.MAX_UNNAMED_JUPYTER_SESSIONS,
      timeoutSeconds: config.JUPYTER_SESSION_TIMEOUT_SECONDS,
    });
  }

  /** @throws ApiError BAD_REQUEST, CONFLICT, SESSION_LIMIT, TOOL_UNAVAILABLE */
  async execute(request: KernelRequest): Promise<KernelAnswer> {
    const { session, directory, created } = await this.#session(request, request.keep);
    try {
      return await session.run({
        code: request.code.toWellFormed(),
        timeoutSeconds: request.timeoutSeconds,
        directory,
        signal: request.signal,
      });
    } catch (error) {
      if (created) await this.#sessions.close(session);
      throw error;
    } finally {
      // Its last words are files that it had open; the caller's next look may be at them.
      if (!request.keep) await this.#sessions.close(session);
      this.#activeAt = Date.now();
      if (!this.#closed) this.#source.refill(session.python);
    }
  }

  /** The session of this id, made when it is not there yet. */
  async open(request: OpenRequest): Promise<{ readonly session: KernelSession; readonly created: boolean }> {
    const { session, created } = await this.#session(request, true);
    try {
      await session.open();
    } catch (error) {
      if (created) await this.#sessions.close(session);
      throw error;
    }
    if (!this.#closed) this.#source.refill(session.python);
    return { session, created };
  }

  get sessions(): ReadonlyMap<string, KernelSession> {
    return this.#sessions.named;
  }

  /** @throws ApiError SESSION_NOT_FOUND */
  async delete(id: string): Promise<void> {
    const session = this.#sessions.named.get(id);
    if (session === undefined) throw new ApiError('SESSION_NOT_FOUND', { message: 'Session not found' });
    await this.#sessions.close(session);
    this.#activeAt = Date.now();
  }

  async deleteAll(): Promise<number> {
    const sessions = [...this.#sessions.named.values()];
    await Promise.all(sessions.map((session) => this.#sessions.close(session)));
    return sessions.length;
  }

  /** Name of the kernel that runs what names none. @throws ApiError TOOL_UNAVAILABLE */
  async defaultKernel(): Promise<string> {
    const { names, defaultName, missing } = await this.info();
    if (names.length === 0) throw new ApiError('TOOL_UNAVAILABLE', { message: missing ?? 'There is no kernel.' });
    return defaultName;
  }

  async info(): Promise<KernelsInfo> {
    try {
      const { interpreters } = await this.#interpreters();
      return { names: Object.keys(interpreters), defaultName: defaultName(interpreters, this.#version) };
    } catch (error) {
      if (error instanceof ApiError) return { names: [], defaultName: '', missing: error.message };
      throw error;
    }
  }

  /** Ends everything, for good. */
  async closeAll(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    await this.#sessions.closeAll();
    await this.#source.close();
  }

  get #version(): string | undefined {
    return this.#options.env['PYTHON_VERSION'];
  }

  async #interpreters() {
    if (this.#closed) throw new ApiError('TOOL_UNAVAILABLE', { message: 'The sandbox is stopping.' });
    this.#activeAt = Date.now();
    this.#watch();
    return this.#source.interpreters().catch((error: unknown) => {
      throw toApiError(error);
    });
  }

  async #session({ sessionId, kernelName, cwd }: OpenRequest, keep: boolean) {
    const [{ interpreters }, directory] = await Promise.all([this.#interpreters(), this.#existing(cwd)]);
    const kernel = chooseKernel(kernelName, { interpreters, version: this.#version });
    const workspace = await this.#workspace();
    // From here to the session's place in the table nothing waits: two calls with one new id share a session.
    if (this.#closed) throw new ApiError('TOOL_UNAVAILABLE', { message: 'The sandbox is stopping.' });
    const known = keep && sessionId !== undefined ? this.#sessions.named.get(sessionId) : undefined;
    if (known !== undefined) return { session: agreeing(known, kernelName, kernel), directory, created: false };
    const id = (keep ? sessionId : undefined) ?? randomUUID();
    const session = new KernelSession({
      id,
      kernel,
      directory: directory ?? workspace,
      outputBytes: this.#options.config.JUPYTER_OUTPUT_BYTES,
      source: this.#source,
      hint: this.#sessions.takeEnd(id),
    });
    this.#sessions.add(session, !keep ? 'passing' : sessionId === undefined ? 'unnamed' : 'named');
    return { session, directory: undefined, created: true };
  }

  /** @throws ApiError BAD_REQUEST */
  async #existing(cwd: string | undefined): Promise<string | undefined> {
    if (cwd === undefined) return undefined;
    const path = cwd.includes('\0') ? undefined : resolvePath(cwd, this.#options.places, 'open');
    if (path !== undefined && (await isDirectory(path))) return path;
    throw new ApiError('BAD_REQUEST', { message: `cwd ${JSON.stringify(cwd)} is not a directory` });
  }

  async #workspace(): Promise<string> {
    const { workspace } = this.#options.places;
    return (await isDirectory(workspace)) ? workspace : '/';
  }

  #watch(): void {
    const { JUPYTER_SESSION_TIMEOUT_SECONDS, JUPYTER_IDLE_SECONDS } = this.#options.config;
    const quarter = Math.min(JUPYTER_SESSION_TIMEOUT_SECONDS, JUPYTER_IDLE_SECONDS) * 250;
    const period = Math.min(SWEEP_MS.atMost, Math.max(SWEEP_MS.atLeast, quarter));
    this.#sweeper ??= setInterval(() => this.#sweep(Date.now()), period).unref();
  }

  #sweep(now: number): void {
    this.#sessions.expire(now);
    if (this.#sessions.size > 0) this.#activeAt = now;
    if (now - this.#activeAt < this.#options.config.JUPYTER_IDLE_SECONDS * 1000) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    this.#source.rest().catch((error: unknown) => this.#options.log.warn({ err: error }, 'the host of the kernels did not end'));
  }
}

function agreeing(session: KernelSession, asked: string | undefined, { python }: KernelChoice): KernelSession {
  if (asked === undefined || session.python === python) return session;
  const message = `The session runs ${session.kernelName}; delete it first, or use another id for ${asked}.`;
  throw new ApiError('CONFLICT', { message });
}
