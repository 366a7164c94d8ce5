import { spawn, type ChildProcess } from 'node:child_process';

import type { Environment } from '../../config.ts';
import { LAUNCH } from '../../process/bounded-process.ts';
import { killGroup } from '../../process/kill-group.ts';

/** What the program gets to write its last frames. */
const STOP_MS = 10_000;
const MAX_WORDS = 2000;

/** A running program that films the screen. */
export class FilmProcess {
  /** Settles when it is gone; never rejects. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #words = '';

  constructor(command: readonly string[], env: Environment) {
    const child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', LAUNCH, 'bash', ...command], {
      cwd: '/',
      env,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.ended = new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()));
    // It may be gone before it was told to go.
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-MAX_WORDS);
    });
  }

  /** What it said, which is nothing as long as all goes well. */
  get words(): string {
    return this.#words.trim();
  }

  /** Ends it, with all frames written where it still can, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#child.stdin?.write('q');
    const timer = setTimeout(() => killGroup(this.#child.pid), STOP_MS);
    await this.ended;
    clearTimeout(timer);
    killGroup(this.#child.pid);
    this.#child.stderr?.destroy();
  }
}
