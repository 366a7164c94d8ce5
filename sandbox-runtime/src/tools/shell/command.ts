import type { ShellStatus } from '@sandfleet/contract/runtime';

import { OutputBuffer } from './output-buffer.ts';

/** One command of a session, from the moment it is asked for. */
export class Command {
  readonly text: string;
  /** The prompt that a person would have seen before it. */
  prompt = '';
  readonly output = new OutputBuffer();
  status: ShellStatus = 'running';
  exitCode: number | undefined;
  /** A note about the session for the caller. */
  hint: string | undefined;
  lastOutputAt = Date.now();
  /** When it left the queue. */
  beganAt: number | undefined;
  /** Whoever asked for it hung up before it ran. */
  isAbandoned = false;
  readonly #watchers = new Set<(text: string) => void>();
  /** Settles when the command has ended, however it did. */
  readonly ended: Promise<void>;
  /** Settles when the command has left the queue and runs. */
  readonly started: Promise<void>;
  #end!: () => void;
  #start!: () => void;

  constructor(text: string) {
    this.text = text;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.started = new Promise((resolve) => (this.#start = resolve));
  }

  begin(prompt: string): void {
    this.prompt = prompt;
    this.beganAt = Date.now();
    this.lastOutputAt = Date.now();
    this.#start();
  }

  /** Takes a command back that nobody waits for any more; one that runs goes on. */
  abandon(): void {
    this.isAbandoned = this.beganAt === undefined;
  }

  append(text: string): void {
    this.output.append(text);
    this.lastOutputAt = Date.now();
    for (const watcher of this.#watchers) watcher(text);
  }

  /** Calls `watcher` with what the command writes from now on, as the terminal has it; gives the way to end that. */
  watch(watcher: (text: string) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** What was decided before (a kill, a hard timeout) stays; a plain end is `completed`. */
  end(exitCode: number | undefined): void {
    if (this.status === 'running') this.status = 'completed';
    this.exitCode = exitCode;
    this.#start();
    this.#end();
  }

  get isOver(): boolean {
    return this.exitCode !== undefined;
  }
}
