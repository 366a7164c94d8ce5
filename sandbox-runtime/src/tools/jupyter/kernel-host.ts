import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import type { Environment } from '../../config.ts';
import { boundedLines } from '../../process/bounded-lines.ts';
import { killGroup } from '../../process/kill-group.ts';
import { requireStreams } from '../../process/no-room.ts';
import {
  type Answer,
  type HostEvent,
  type HostOrder,
  type HostOutput,
  type HostRequest,
  parseEvent,
  type Ready,
} from './protocol.ts';

const START_TIMEOUT_MS = 60_000;
const CLOSE_GRACE_MS = 3000;
/** Longer than the host itself waits for a kernel: one that does not answer by then hangs, as when code has stopped it. */
const PATIENCE_MS = { start: 120_000, stop: 30_000 } as const;
const MAX_COMPLAINT = 2000;
const MAX_EXIT_CODES = 100;
/** A line of the limit's characters, each escaped, beside an error's traceback. */
const lineLimit = (outputBytes: number): number => 8 * outputBytes + 16 * 1024 * 1024;

/** No kernel can run here; the message says what is missing. */
export class HostUnavailable extends Error {
  override readonly name = 'HostUnavailable';
}

/** The host ended before it answered. */
export class HostGone extends Error {
  override readonly name = 'HostGone';
}

/** The host could not do what was asked. */
export class HostRefusal extends Error {
  override readonly name = 'HostRefusal';
}

export interface HostOptions {
  readonly python: string;
  readonly script: string;
  readonly outputBytes: number;
  readonly env: Environment;
  readonly patienceMs?: Readonly<Record<'start' | 'stop', number>>;
}

interface Pending {
  readonly kernel: string;
  readonly onOutput: ((output: HostOutput) => void) | undefined;
  resolve(answer: Exclude<Answer, { event: 'failed' }>): void;
  reject(error: Error): void;
}

/** The Python process that holds the kernels. */
export class KernelHost {
  readonly #patienceMs: Readonly<Record<'start' | 'stop', number>>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #pending = new Map<number, Pending>();
  /** Process groups of the kernels, which the host alone could not end if it were killed. */
  readonly #groups = new Map<string, number>();
  readonly #exitCodes = new Map<string, number>();
  #lastId = 0;
  #complaint = '';
  #ended = false;
  #onReady: { resolve(ready: Ready): void; reject(error: Error): void } | undefined;
  readonly ended: Promise<void>;
  readonly ready: Promise<Ready>;

  /** @throws ApiError TOO_MANY_REQUESTS */
  constructor({ python, script, outputBytes, env, patienceMs = PATIENCE_MS }: HostOptions) {
    this.#patienceMs = patienceMs;
    const args = ['-I', script, String(outputBytes)];
    this.#child = spawn(python, args, { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    requireStreams(this.#child);
    // Both ends of a pipe whose reader is gone; that the host ended is told below.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-MAX_COMPLAINT);
    });
    this.ready = this.#becomesReady(python);
    // Whoever waits gets the error; nobody has to.
    this.ready.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error: NodeJS.ErrnoException) => {
        const message = error.code === 'ENOENT' ? `${python} is not installed` : `${python} does not start: ${error.message}`;
        this.#onReady?.reject(new HostUnavailable(message));
        this.#end(resolve);
      });
      this.#child.once('close', () => this.#end(resolve));
    });
    void this.#read(outputBytes);
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  isAlive(kernel: string): boolean {
    return !this.#ended && this.#groups.has(kernel);
  }

  /** Of a kernel that ended. */
  exitCode(kernel: string): number | undefined {
    return this.#exitCodes.get(kernel);
  }

  /** @throws HostGone, HostRefusal */
  async request<E extends Answer['event']>(
    request: HostRequest,
    expected: E,
    onOutput?: (output: HostOutput) => void,
  ): Promise<Extract<Answer, { event: E }>> {
    this.#lastId += 1;
    const id = this.#lastId;
    // With the host end its kernels, which nobody could reach any more.
    const timer = request.op === 'execute' ? undefined : setTimeout(() => this.#kill(), this.#patienceMs[request.op]);
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (this.#ended) return reject(new HostGone('the host of the kernels has ended'));
      this.#pending.set(id, { kernel: request.kernel, onOutput, resolve, reject });
      this.#write({ ...request, id });
    }).finally(() => clearTimeout(timer));
    if (answer.event !== expected) throw new HostRefusal(`${answer.event} is no answer to ${request.op}`);
    // Compared just above; a type parameter is not narrowed by that.
    return answer as Extract<Answer, { event: E }>;
  }

  order(order: HostOrder): void {
    if (!this.#ended) this.#write(order);
  }

  /** Ends the host and every kernel: it takes them along when its input ends, and is killed with them when it doesn't. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#kill(), CLOSE_GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  #write(message: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async #becomesReady(python: string): Promise<Ready> {
    const timer = setTimeout(() => {
      this.#onReady?.reject(new HostUnavailable(`${python} did not start the host of the kernels in time`));
      this.#kill();
    }, START_TIMEOUT_MS);
    try {
      return await new Promise<Ready>((resolve, reject) => {
        this.#onReady = { resolve, reject };
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(outputBytes: number): Promise<void> {
    try {
      for await (const line of boundedLines(this.#child.stdout, lineLimit(outputBytes))) {
        const event = parseEvent(line);
        if (event !== undefined) this.#handle(event);
      }
    } catch {
      // A host that writes lines without end is not ours any more.
      this.#kill();
    }
  }

  #handle(event: HostEvent): void {
    switch (event.event) {
      case 'ready':
        return this.#onReady?.resolve(event);
      case 'unavailable':
        return this.#onReady?.reject(new HostUnavailable(event.message));
      case 'output':
        return this.#pending.get(event.id)?.onOutput?.(event.output);
      case 'exited':
        this.#groups.delete(event.kernel);
        return this.#rememberExit(event.kernel, event.code);
      case 'started':
      case 'done':
      case 'stopped':
      case 'failed':
        return this.#settle(event);
    }
  }

  #rememberExit(kernel: string, code: number): void {
    this.#exitCodes.set(kernel, code);
    const [oldest] = this.#exitCodes.keys();
    if (this.#exitCodes.size > MAX_EXIT_CODES && oldest !== undefined) this.#exitCodes.delete(oldest);
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) return;
    this.#pending.delete(answer.id);
    if (answer.event === 'failed') return pending.reject(new HostRefusal(answer.message));
    if (answer.event === 'started') this.#groups.set(pending.kernel, answer.pid);
    pending.resolve(answer);
  }

  #kill(): void {
    const { pid } = this.#child;
    for (const group of [...this.#groups.values(), ...(pid === undefined || this.#ended ? [] : [pid])]) killGroup(group);
  }

  #end(resolve: () => void): void {
    if (this.#ended) return;
    for (const group of this.#groups.values()) killGroup(group);
    this.#ended = true;
    this.#groups.clear();
    const reason = this.#complaint.trim().split('\n').at(-1) ?? '';
    this.#onReady?.reject(new HostUnavailable(`the host of the kernels did not start: ${reason}`));
    for (const { reject } of this.#pending.values()) reject(new HostGone('the host of the kernels has ended'));
    this.#pending.clear();
    resolve();
  }
}
