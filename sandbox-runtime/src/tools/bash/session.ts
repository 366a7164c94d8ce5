import { ApiError } from '@sandfleet/contract';
import type { BashSessionInfo } from '@sandfleet/contract/runtime';

import type { Command } from './command.ts';
import type { Commands, StartOptions } from './commands.ts';

export interface SessionOptions {
  readonly id: string;
  /** An absolute directory. */
  readonly directory: string;
  readonly snapshot: string | undefined;
  readonly commands: Commands;
  /** Commands that are over and still known. */
  readonly maxFinished: number;
}

/** What the commands of one session share: where they run, what they source, and a place to be found again. */
export class BashSession {
  readonly id: string;
  readonly createdAt = new Date();
  lastUsedAt = new Date();
  directory: string;
  snapshot: string | undefined;
  readonly #options: SessionOptions;
  readonly #commands: Command[] = [];
  #starting = 0;
  #count = 0;
  #isClosed = false;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.directory = options.directory;
    this.snapshot = options.snapshot;
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#starting > 0 || this.running !== undefined;
  }

  get hasBackground(): boolean {
    return this.#commands.some((command) => command.hasBackground);
  }

  /** The latest command, which may be over. */
  get latest(): Command | undefined {
    return this.#commands.at(-1);
  }

  /** The latest command that runs. */
  get running(): Command | undefined {
    return this.#commands.findLast(({ isOver }) => !isOver);
  }

  /** @throws ApiError COMMAND_NOT_FOUND */
  command(id: string): Command {
    const command = this.#commands.find((command) => command.id === id);
    if (command === undefined) throw new ApiError('COMMAND_NOT_FOUND', { message: 'Command not found' });
    return command;
  }

  async exec(options: Omit<StartOptions, 'directory' | 'snapshot'>): Promise<Command> {
    this.lastUsedAt = new Date();
    this.#starting += 1;
    try {
      const { directory, snapshot } = this;
      const command = await this.#options.commands.start({ ...options, directory, snapshot });
      this.#count += 1;
      this.#commands.push(command);
      // The session was closed while the process started.
      if (this.#isClosed) {
        await command.end('SIGKILL', 'killed');
        this.#options.commands.drop(command);
      }
      void command.ended.then(() => this.#trim());
      return command;
    } finally {
      this.#starting -= 1;
    }
  }

  info(): BashSessionInfo {
    const { running } = this;
    return {
      session_id: this.id,
      status: this.#isClosed ? 'closed' : 'ready',
      working_dir: this.directory,
      created_at: this.createdAt.toISOString(),
      last_used_at: this.lastUsedAt.toISOString(),
      ...(running === undefined ? {} : { current_command: running.text }),
      command_count: this.#count,
    };
  }

  /** Ends what runs and forgets the rest; tells how many ran. */
  async close(): Promise<number> {
    this.#isClosed = true;
    const running = this.#commands.filter(({ isOver }) => !isOver);
    await Promise.all(running.map((command) => command.end('SIGTERM', 'killed')));
    for (const command of this.#commands) this.#options.commands.drop(command);
    return running.length;
  }

  /** The commands that are over give way, oldest first. */
  #trim(): void {
    this.lastUsedAt = new Date();
    const over = this.#commands.filter(({ isOver }) => isOver);
    for (const command of over.slice(0, Math.max(0, over.length - this.#options.maxFinished))) {
      this.#commands.splice(this.#commands.indexOf(command), 1);
      this.#options.commands.drop(command);
    }
  }
}
