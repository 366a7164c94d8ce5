import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import type { Environment } from '../../config.ts';
import { requireStreams } from '../../process/no-room.ts';
import { signalProcess } from '../../process/session-processes.ts';
import { BoundedOutput } from './bounded-output.ts';

/** Something that left the group may hold the streams open for ever. */
const DRAIN_MS = 2000;

export interface NodeProcessOptions {
  readonly binary: string;
  /** The program, as `node -e` takes it. */
  readonly source: string;
  readonly args?: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  readonly outputLimit: number;
}

/** A Node child with a group of its own: it ends with everything that it started, but for what left the group. */
export class NodeProcess {
  readonly stdout: BoundedOutput;
  readonly stderr: BoundedOutput;
  /** Settles with the exit code when the child has ended and its output is there; never rejects. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  #isOver = false;

  /** @throws ApiError TOO_MANY_REQUESTS */
  constructor({ binary, source, args = [], cwd, env, outputLimit }: NodeProcessOptions) {
    this.stdout = new BoundedOutput(outputLimit);
    this.stderr = new BoundedOutput(outputLimit);
    const child = spawn(binary, ['-e', source, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true });
    requireStreams(child);
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => this.stdout.append(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.stderr.append(chunk));
    // Writing to a child that has ended is no failure of the server: its end is told by `ended`.
    for (const stream of child.stdio) stream?.on('error', () => {});
    this.ended = this.#end();
  }

  /** Descriptor 3 of the child, both ways. */
  get channel(): Duplex {
    // A fourth pipe is a socket pair, which the types of Node don't tell.
    return this.#child.stdio[3] as unknown as Duplex;
  }

  /** Gives the child its standard input, which then ends. */
  input(text: string): void {
    this.#child.stdin?.end(text);
  }

  kill(): void {
    const { pid } = this.#child;
    // A number whose processes are gone may soon be another's.
    if (pid === undefined || this.#isOver) return;
    try {
      signalProcess(-pid, 'SIGKILL');
    } catch {
      // What is left of the group is another user's.
    }
  }

  async #end(): Promise<number> {
    const child = this.#child;
    const closed = once(child, 'close').catch(() => undefined);
    const code = await new Promise<number>((resolve) => {
      child.once('error', (error) => {
        this.stderr.append(Buffer.from(`${error.message}\n`));
        resolve(126);
      });
      child.once('exit', (exitCode, signal) => resolve(exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
    this.kill();
    this.#isOver = true;
    const stop = new AbortController();
    await Promise.race([closed, delay(DRAIN_MS, undefined, { signal: stop.signal }).catch(() => undefined)]);
    stop.abort();
    for (const stream of child.stdio) stream?.destroy();
    return code;
  }
}
