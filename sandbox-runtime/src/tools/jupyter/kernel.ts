import { constants } from 'node:os';

import { HostGone, HostRefusal, type KernelHost } from './kernel-host.ts';
import type { Outputs } from './outputs.ts';

/** Time to end by itself after an interrupt; code may clean up. The second interrupt is for what caught the first. */
const INTERRUPT_GRACE_MS = [2000, 2000] as const;
/** Time of an idle kernel to write what is in its open files and to run what it should at its exit. */
const EXIT_GRACE_SECONDS = 2;

export interface KernelRun {
  readonly code: string;
  /** Where the kernel goes first. */
  readonly cwd?: string | undefined;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly outputs: Outputs;
}

export interface KernelOutcome {
  readonly status: 'ok' | 'error' | 'timeout' | 'died';
  /** The kernel was gone before it was given the code. */
  readonly refused?: boolean;
  readonly executionCount?: number | undefined;
  readonly messageId?: string | undefined;
}

/** One IPython kernel in the host. */
export class Kernel {
  readonly name: string;
  readonly python: string;
  readonly #host: KernelHost;
  #endedBy: string | undefined;

  private constructor(host: KernelHost, { name, python }: { name: string; python: string }) {
    this.#host = host;
    this.name = name;
    this.python = python;
  }

  /** @throws HostGone, HostRefusal */
  static async start(host: KernelHost, { name, python }: { name: string; python: string }): Promise<Kernel> {
    await host.request({ op: 'start', kernel: name, python }, 'started');
    return new Kernel(host, { name, python });
  }

  get isAlive(): boolean {
    return this.#host.isAlive(this.name);
  }

  /** Why it is not alive any more. */
  get end(): string {
    const code = this.#host.exitCode(this.name);
    return this.#endedBy ?? (code === undefined ? 'it was ended' : describeExit(code));
  }

  /** Runs code to its end, which comes by interrupt or by force when its time is over or nobody waits for it any more. */
  async run({ code, cwd, timeoutSeconds, signal, outputs }: KernelRun): Promise<KernelOutcome> {
    const running = this.#execute(code, cwd, outputs);
    if (await endsBefore(running, timeoutSeconds * 1000, signal)) return running;
    for (const grace of INTERRUPT_GRACE_MS) {
      this.#host.order({ op: 'interrupt', kernel: this.name });
      if (await endsBefore(running, grace)) return { ...(await running), status: 'timeout' };
    }
    this.#endedBy = 'it did not react to an interrupt';
    await this.kill();
    return { ...(await running), status: 'timeout' };
  }

  /** Ends it as Python ends, or by force where it does not. */
  async stop(): Promise<void> {
    await this.#stop(EXIT_GRACE_SECONDS);
  }

  async kill(): Promise<void> {
    await this.#stop(0);
  }

  async #stop(grace: number): Promise<void> {
    await this.#host.request({ op: 'stop', kernel: this.name, grace }, 'stopped').catch(ignoreEnd);
  }

  async #execute(code: string, cwd: string | undefined, outputs: Outputs): Promise<KernelOutcome> {
    let muted = false;
    const onOutput: Parameters<KernelHost['request']>[2] = (output) => {
      outputs.add(output);
      if (outputs.isFull && !muted) this.#host.order({ op: 'mute', kernel: this.name });
      muted = outputs.isFull;
    };
    const request = { op: 'execute', kernel: this.name, code, ...(cwd === undefined ? {} : { cwd }) } as const;
    try {
      const { status, message_id, execution_count } = await this.#host.request(request, 'done', onOutput);
      return { status, executionCount: execution_count, messageId: message_id };
    } catch (error) {
      ignoreEnd(error);
      if (this.isAlive) throw error;
      return { status: 'died', refused: error instanceof HostRefusal };
    }
  }
}

function ignoreEnd(error: unknown): void {
  if (!(error instanceof HostGone || error instanceof HostRefusal)) throw error;
}

/** Whether a promise is done before the time is over or a signal comes. */
async function endsBefore(running: Promise<unknown>, milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return false;
  return new Promise((resolve) => {
    const finish = (value: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    };
    const onAbort = (): void => finish(false);
    const timer = setTimeout(onAbort, milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
    // What went wrong reaches those who await the promise itself.
    running.then(
      () => finish(true),
      () => finish(true),
    );
  });
}

const SIGNALS = Object.entries(constants.signals);

/** Python's form: a negative number is a signal. */
export function describeExit(code: number): string {
  if (code >= 0) return `it ended with exit code ${code}`;
  const [name] = SIGNALS.find(([, number]) => number === -code) ?? [`signal ${-code}`];
  return `it was ended by ${name}${name === 'SIGKILL' ? ', as a kernel is that uses too much memory' : ''}`;
}
