import type { Environment } from '../../config.ts';
import { startFedProcess, type FedProcess } from '../../process/fed-process.ts';
import { killGroup } from '../../process/kill-group.ts';

/** What the program gets to write its last frames. */
const STOP_MS = 10_000;

/** A running program that films the screen. */
export class FilmProcess {
  /** Settles when it is gone; never rejects. */
  readonly ended: Promise<void>;
  readonly #process: FedProcess;

  constructor(command: readonly string[], env: Environment) {
    this.#process = startFedProcess(command, env);
    this.ended = this.#process.exit.then(() => undefined);
  }

  /** What it said, which is nothing as long as all goes well. */
  get words(): string {
    return this.#process.words();
  }

  /** Ends it, with all frames written where it still can, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#process.child.stdin.write('q');
    const timer = setTimeout(() => killGroup(this.#process.child.pid), STOP_MS);
    await this.ended;
    clearTimeout(timer);
    killGroup(this.#process.child.pid);
    this.#process.child.stderr.destroy();
  }
}
