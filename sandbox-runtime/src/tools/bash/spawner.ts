import type { Logger } from '@sandfleet/server-kit';

import { SpawnHelper } from './spawn-helper.ts';
import { startDirectly, type ProcessOptions, type StartedProcess } from './started-process.ts';

export interface SpawnerOptions {
  readonly python: string;
  readonly program: string;
  readonly path: string;
  readonly log: Logger;
}

/** Starts processes by a helper that is there from the first of them on; where there can be none, by Node itself. */
export class Spawner {
  readonly #options: SpawnerOptions;
  #helper: Promise<SpawnHelper | undefined> | undefined;

  constructor(options: SpawnerOptions) {
    this.#options = options;
  }

  /** @throws the system's error, as ENOENT for a directory that is not there. */
  async start(options: ProcessOptions): Promise<StartedProcess> {
    this.#helper ??= this.#startHelper();
    const helper = await this.#helper;
    const started = await helper?.start(options);
    return started ?? startDirectly(options);
  }

  async close(): Promise<void> {
    (await this.#helper)?.close();
  }

  async #startHelper(): Promise<SpawnHelper | undefined> {
    try {
      const helper = await SpawnHelper.start(this.#options);
      // Whoever ended it may have meant something else; the next command makes another.
      void helper.ended.then(() => (this.#helper = undefined));
      return helper;
    } catch (error) {
      this.#options.log.warn({ err: error }, 'bash commands are started without the spawner, which is slower');
      return undefined;
    }
  }
}
