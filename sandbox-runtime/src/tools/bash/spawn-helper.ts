import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

import { signalProcess } from '../../process/session-processes.ts';
import type { SpawnerOptions } from './spawner.ts';
import type { ProcessOptions, StartedProcess } from './started-process.ts';

/** Shown in the list of processes: no name of a language that somebody may end all programs of. */
const NAME = 'sandfleet-spawner';
const START_TIMEOUT_MS = 20_000;

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** What the helper says, one object a line; it is our own program, so its words are not checked. */
interface Message {
  readonly ready?: number;
  readonly id?: number;
  readonly pid?: number;
  readonly fds?: readonly [number, number, number];
  readonly error?: string;
  readonly exit?: number;
  readonly code?: number;
}

interface Pending {
  readonly resolve: (process: StartedProcess | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** The running spawner.py. */
export class SpawnHelper {
  /** Settles when it is gone. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #running = new Map<number, (code: number | undefined) => void>();
  #lastId = 0;
  #onReady: ((fd: number) => void) | undefined;
  #isGone = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once('error', resolve as () => void).once('exit', resolve as () => void);
    });
    void this.ended.then(() => this.#onEnd());
    // A helper that is gone can't be written to; its end is what counts.
    child.stdin?.on('error', () => {});
    if (child.stdout !== null) createInterface(child.stdout).on('line', (line) => this.#onLine(line));
  }

  /** @throws where there is no Python, or no way into the helper's descriptors. */
  static async start({ python, program, path }: SpawnerOptions): Promise<SpawnHelper> {
    const source = await open(program);
    try {
      const child = spawn(python, ['-I', '-S', '-B', '/dev/fd/3'], {
        argv0: NAME,
        cwd: '/',
        detached: true,
        env: { PATH: path },
        stdio: ['pipe', 'pipe', 'ignore', source.fd],
      });
      const helper = new SpawnHelper(child);
      await helper.#begin();
      return helper;
    } finally {
      await source.close();
    }
  }

  /** Undefined when the helper ended before it could: the process was not started. */
  start(options: ProcessOptions): Promise<StartedProcess | undefined> {
    if (this.#isGone) return Promise.resolve(undefined);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ id, ...options });
    });
  }

  close(): void {
    this.#child.stdin?.end();
  }

  async #begin(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const ready = await Promise.race([
      new Promise<number>((resolve) => (this.#onReady = resolve)),
      this.ended,
      new Promise<void>((resolve) => (timer = setTimeout(resolve, START_TIMEOUT_MS))),
    ]);
    clearTimeout(timer);
    try {
      if (ready === undefined) throw new Error('the spawner did not start');
      // Better now than when a command runs already.
      closeSync(this.#open(ready, O_RDONLY));
    } catch (error) {
      this.#child.kill('SIGKILL');
      throw error;
    }
  }

  #onLine(line: string): void {
    try {
      this.#onMessage(JSON.parse(line) as Message);
    } catch {
      // Somebody meddled with it, and nothing that it says counts any more.
      this.#child.kill('SIGKILL');
    }
  }

  #onMessage(message: Message): void {
    if (message.ready !== undefined) return this.#onReady?.(message.ready);
    if (message.exit !== undefined) {
      this.#running.get(message.exit)?.(message.code);
      this.#running.delete(message.exit);
      return undefined;
    }
    return this.#onAnswer(message);
  }

  #onAnswer({ id = 0, pid, fds, error }: Message): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pid === undefined || fds === undefined)
      return pending?.reject(Object.assign(new Error(`bash could not be started: ${error}`), { code: error }));
    const exited = new Promise<number | undefined>((resolve) => this.#running.set(pid, resolve));
    try {
      return pending?.resolve({ pid, exited, ...this.#streams(fds) });
    } catch (failure) {
      // No descriptors left to reach it by.
      signalProcess(-pid, 'SIGKILL');
      return pending?.reject(failure as Error);
    } finally {
      this.#send({ opened: id });
    }
  }

  #streams(fds: readonly [number, number, number]) {
    const opened: number[] = [];
    try {
      for (const [stream, fd] of fds.entries()) opened.push(this.#open(fd, stream === 0 ? O_WRONLY : O_RDONLY));
    } catch (error) {
      for (const fd of opened) closeSync(fd);
      throw error;
    }
    const [stdin, stdout, stderr] = opened;
    return {
      stdin: new Socket({ fd: stdin, readable: false, writable: true }),
      stdout: new Socket({ fd: stdout, readable: true, writable: false }),
      stderr: new Socket({ fd: stderr, readable: true, writable: false }),
    };
  }

  #open(fd: number, flags: number): number {
    return openSync(`/proc/${this.#child.pid}/fd/${fd}`, flags | O_NONBLOCK);
  }

  #send(request: object): void {
    if (!this.#isGone) this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
  }

  /** Nobody tells any more how its processes end, nor whether those that were asked for began. */
  #onEnd(): void {
    this.#isGone = true;
    for (const { reject } of this.#pending.values()) reject(new Error('the process that starts commands was ended'));
    for (const resolve of this.#running.values()) resolve(undefined);
    this.#pending.clear();
    this.#running.clear();
  }
}
