import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { ApiError } from '@sandfleet/contract';
import type { Logger } from '@sandfleet/server-kit';

import type { Environment } from '../../config.ts';
import { HostGone, HostRefusal, HostUnavailable, KernelHost } from './kernel-host.ts';
import { Kernel } from './kernel.ts';
import type { Ready } from './protocol.ts';

export interface KernelSourceOptions {
  readonly python: string;
  /** Folder of the program that holds the kernels. */
  readonly directory: string;
  readonly outputBytes: number;
  readonly warmKernels: number;
  readonly env: Environment;
  readonly log: Logger;
}

interface Warm {
  readonly python: string;
  /** State of the user's packages when it began. */
  readonly stamp: Promise<number>;
  readonly kernel: Promise<Kernel | undefined>;
}

/** Where kernels come from: the host, started when there is need, and kernels that were started before anyone asked. */
export class KernelSource {
  readonly #options: KernelSourceOptions;
  #host: KernelHost | undefined;
  #ready: Ready | undefined;
  #warm: Warm[] = [];
  #lastName = 0;
  #closed = false;

  constructor(options: KernelSourceOptions) {
    this.#options = options;
  }

  /** What the host found out, from memory when it has ended since. @throws HostUnavailable */
  async interpreters(): Promise<Ready> {
    if (this.#ready === undefined) await this.#running();
    // Set by a host that runs.
    return this.#ready as Ready;
  }

  /** A kernel that nobody has used. @throws ApiError TOOL_UNAVAILABLE */
  async claim(python: string): Promise<Kernel> {
    try {
      return (await this.#claimWarm(python)) ?? (await this.#start(python));
    } catch (error) {
      throw toApiError(error);
    }
  }

  /** Starts kernels in advance, up to the number that should wait. */
  refill(python: string): void {
    for (const other of this.#warm.filter((warm) => warm.python !== python)) void discard(other);
    this.#warm = this.#warm.filter((warm) => warm.python === python);
    const missing = this.#options.warmKernels - this.#warm.length;
    for (let count = 0; count < missing && !this.#closed; count += 1) {
      const kernel = this.#start(python).catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'no kernel could be started in advance');
        return undefined;
      });
      this.#warm.push({ python, stamp: this.#stamp(), kernel });
    }
  }

  /** Ends the host; the next claim starts another. */
  async rest(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    this.#warm = [];
    await host?.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.rest();
  }

  async #claimWarm(python: string): Promise<Kernel | undefined> {
    const warm = this.#warm.find((candidate) => candidate.python === python);
    if (warm === undefined) return undefined;
    this.#warm = this.#warm.filter((other) => other !== warm);
    const [kernel, then, now] = await Promise.all([warm.kernel, warm.stamp, this.#stamp()]);
    // It began without packages that were installed since: the directory of a first one is not even in its path.
    if (then !== now) await discard(warm);
    return kernel?.isAlive ? kernel : undefined;
  }

  async #start(python: string): Promise<Kernel> {
    const host = await this.#running();
    this.#lastName += 1;
    return Kernel.start(host, { name: `k${this.#lastName}`, python });
  }

  async #running(): Promise<KernelHost> {
    if (this.#closed) throw new HostUnavailable('the sandbox is stopping');
    if (this.#host === undefined || this.#host.hasEnded) {
      const { python, directory, outputBytes, env } = this.#options;
      this.#host = new KernelHost({ python, script: join(directory, 'kernel_host.py'), outputBytes, env });
      this.#warm = [];
    }
    const host = this.#host;
    this.#ready = await host.ready;
    if (Object.keys(this.#ready.interpreters).length > 0) return host;
    // Looked for again with the next call: it may have been installed.
    const { python } = this.#ready;
    this.#ready = undefined;
    await host.close();
    throw new HostUnavailable(`ipykernel is not installed for ${python}`);
  }

  async #stamp(): Promise<number> {
    if (this.#ready === undefined) return 0;
    return stat(this.#ready.user_site).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
  }
}

const discard = async (warm: Warm): Promise<void> => (await warm.kernel)?.kill();

export function toApiError(error: unknown): unknown {
  if (error instanceof HostUnavailable || error instanceof HostRefusal || error instanceof HostGone)
    return new ApiError('TOOL_UNAVAILABLE', { message: `No kernel can run this: ${error.message}`, cause: error });
  return error;
}
