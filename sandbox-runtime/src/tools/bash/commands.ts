import { randomUUID } from 'node:crypto';

import { ApiError } from '@sandfleet/contract';

import type { Environment } from '../../config.ts';
import type { Budget } from './byte-log.ts';
import { Command } from './command.ts';
import { endFamily } from './end-family.ts';
import { launchArguments, launchEnvironment } from './launch.ts';
import type { Spawner } from './spawner.ts';
import type { StartedProcess } from './started-process.ts';

export interface CommandsOptions {
  readonly env: Environment;
  readonly spawner: Spawner;
  readonly maxRunning: number;
  readonly outputBytes: number;
  readonly totalOutputBytes: number;
  readonly graceSeconds: number;
}

export interface StartOptions {
  readonly text: string;
  readonly directory: string;
  readonly snapshot: string | undefined;
  readonly env: Readonly<Record<string, string | null>>;
  readonly hardTimeoutSeconds: number | undefined;
}

/** What programs get to save their work when the server stops. */
const CLOSE_GRACE_MS = 500;

/** Every command of every session: how many run, and what their output takes. */
export class Commands {
  readonly #options: CommandsOptions;
  /** Tells what this server started from what another did. */
  readonly #instance = randomUUID();
  /** Those whose process or whose background is there, oldest first. */
  readonly #open = new Set<Command>();
  /** Those that are over and still have output, in the order of their ends. */
  readonly #finished = new Set<Command>();
  readonly #budget: Budget;
  #starting = 0;
  #isClosed = false;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#budget = this.#createBudget(options.totalOutputBytes);
  }

  async start(options: StartOptions): Promise<Command> {
    this.#makeRoom();
    const id = randomUUID();
    const mark = `${this.#instance}:${id}`;
    this.#starting += 1;
    try {
      const process = await this.#launch(options, mark);
      const command = new Command(process, {
        id,
        text: options.text,
        mark,
        keep: this.#options.outputBytes,
        budget: this.#budget,
        graceMs: this.#options.graceSeconds * 1000,
        hardTimeoutSeconds: options.hardTimeoutSeconds,
      });
      this.#follow(command);
      // The server began to stop while the process started.
      if (this.#isClosed) await command.end('SIGKILL', 'killed');
      return command;
    } finally {
      this.#starting -= 1;
    }
  }

  /** Forgets what a command wrote. What it left in the background may go on writing. */
  drop(command: Command): void {
    this.#finished.delete(command);
    command.discard();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((command) => command.end('SIGTERM', 'killed', CLOSE_GRACE_MS)));
    await endFamily({ pids: [], sessions: [], mark: `${this.#instance}:` }, 'SIGTERM', CLOSE_GRACE_MS);
    for (const command of this.#open) command.release();
    await this.#options.spawner.close();
  }

  async #launch({ text, directory, snapshot, env }: StartOptions, mark: string): Promise<StartedProcess> {
    if (this.#isClosed) throw new ApiError('NOT_READY', { message: 'The server is stopping.', retryAfterSeconds: 1 });
    try {
      return await this.#options.spawner.start({
        args: launchArguments(text, snapshot),
        cwd: directory,
        env: launchEnvironment({ env: this.#options.env, extra: env, mark }),
      });
    } catch (error) {
      throw toStartError(error, directory);
    }
  }

  #follow(command: Command): void {
    this.#open.add(command);
    void command.ended.then(() => this.#finished.add(command));
    void Promise.all([command.ended, command.silent]).then(() => this.#open.delete(command));
  }

  /** The oldest background whose command is over loses its pipes before anybody is refused. */
  #makeRoom(): void {
    if (this.#open.size + this.#starting < this.#options.maxRunning) return;
    const left = [...this.#open].find(({ isOver }) => isOver);
    if (left === undefined)
      throw new ApiError('TOO_MANY_REQUESTS', {
        message: `${this.#options.maxRunning} bash commands run already.`,
        retryAfterSeconds: 1,
      });
    left.release();
    this.#open.delete(left);
  }

  /** Where all output takes too much, the oldest finished command loses its own, and at last whoever writes. */
  #createBudget(limit: number): Budget {
    let used = 0;
    return {
      add: (bytes) => {
        used += bytes;
        for (const command of this.#finished) {
          if (used <= limit) break;
          this.#finished.delete(command);
          command.stdout.clear();
          command.stderr.clear();
        }
        return used - limit;
      },
      release: (bytes) => {
        used -= bytes;
      },
    };
  }
}

const TOO_LARGE = 'The command and its variables are too long for the system; put them into a file.';

function toStartError(error: unknown, directory: string): unknown {
  if (!(error instanceof Error) || error instanceof ApiError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'E2BIG') return new ApiError('BAD_REQUEST', { message: TOO_LARGE, cause: error });
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES')
    return new ApiError('BAD_REQUEST', { message: `Nothing can run in ${directory}; give another exec_dir.`, cause: error });
  if (code === 'EAGAIN' || code === 'ENOMEM' || code === 'EMFILE' || code === 'ENFILE')
    return new ApiError('TOO_MANY_REQUESTS', {
      message: 'The sandbox has no room for another process.',
      retryAfterSeconds: 1,
      cause: error,
    });
  return error;
}
