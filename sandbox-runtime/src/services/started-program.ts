import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@sandfleet/server-kit';

import { LAUNCH } from '../process/bounded-process.ts';
import { MARK } from '../tools/bash/launch.ts';
import type { Program } from './definition.ts';
import { OutputTail } from './output-tail.ts';

export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  /** In the environment of all that it starts. */
  readonly mark: string;
  readonly log: Logger;
  readonly redact: (text: string) => string;
}

/** What a shell answers with for a program that is not there, or that may not be run. */
const NOT_THERE = new Set<number | null>([126, 127]);
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 200;
/** What a program wrote just before its end is still on its way when the end is told. */
const LAST_WORDS_MS = 200;

/** A program of a service, in a session of its own. */
export class StartedProgram {
  readonly program: Program;
  readonly pid: number | undefined;
  /** Never rejects. */
  readonly exit: Promise<ProgramExit>;
  readonly #child: ChildProcess;
  readonly #output: OutputTail;
  readonly #outputOver: Promise<unknown>;
  readonly #redact: (text: string) => string;
  #startError: Error | undefined;
  #onLine: (line: string) => void = () => {};

  constructor(program: Program, { mark, log, redact }: ProgramOptions) {
    this.program = program;
    this.#redact = redact;
    this.#output = new OutputTail((line) => {
      log.debug({ program: program.name }, redact(line));
      this.#onLine(line);
    });
    const child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', LAUNCH, program.name, ...program.command], {
      cwd: program.directory,
      env: { ...program.env, [MARK]: mark },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.pid = child.pid;
    this.exit = new Promise((resolve) => {
      // Not started at all, as with a directory that is not there, or where there is no room for another process.
      child.once('error', (error) => {
        this.#startError = error;
        resolve({ code: 126, signal: null });
      });
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.#outputOver = Promise.all([this.#output.read(child.stdout), this.#output.read(child.stderr)]);
  }

  /** How it ended, once it has. */
  get ended(): ProgramExit | undefined {
    const { exitCode: code, signalCode: signal } = this.#child;
    return code === null && signal === null ? undefined : { code, signal };
  }

  get isMissing(): boolean {
    return NOT_THERE.has(this.#child.exitCode);
  }

  /** @throws Error when it ends or gives up instead; the reason of `signal`. */
  async ready(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const ended = this.exit.then(async (exit) => {
      await Promise.race([this.#outputOver, delay(LAST_WORDS_MS, undefined, { signal: over.signal }).catch(() => {})]);
      throw new Error(this.#reasonOf(exit));
    });
    ended.catch(() => {});
    const { ready } = this.program;
    const given = AbortSignal.any([signal, over.signal]);
    try {
      await Promise.race([ended, 'line' in ready ? this.#line(ready, given) : probe(ready.probe, given)]);
    } finally {
      over.abort();
      this.#onLine = () => {};
    }
  }

  #reasonOf({ code, signal }: ProgramExit): string {
    const { command, directory } = this.program;
    if (this.#startError !== undefined) return `it can not be started in ${directory}: ${this.#startError.message}`;
    return this.isMissing ? `${command[0]} is not installed` : `it ended with ${signal ?? `code ${code}`}`;
  }

  /** The end of its output, for an error message. */
  lastLines(): string {
    return this.#redact(this.#output.last.join('\n'));
  }

  /** Lets go of its output, which a process that left it may hold open for ever. */
  close(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #line({ line, failure }: { readonly line: RegExp; readonly failure?: RegExp }, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const judge = (text: string) => {
        if (line.test(text)) resolve();
        else if (failure?.test(text) === true) reject(new Error(text));
      };
      this.#onLine = judge;
      this.#output.last.forEach(judge);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      if (signal.aborted) reject(signal.reason as Error);
    });
  }
}

async function probe(isReady: (signal: AbortSignal) => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    if (await isReady(signal).catch(() => false)) return;
    await delay(pause, undefined, { signal });
  }
}
