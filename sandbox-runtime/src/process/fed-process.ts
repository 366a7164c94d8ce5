import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import type { Environment } from '../config.ts';
import { LAUNCH } from './bounded-process.ts';
import { requireStreams } from './no-room.ts';

/** Characters that are kept of what the program says, the last ones. */
const MAX_WORDS = 2000;
/** What a shell answers for a program that can't be run. */
const CAN_NOT_RUN = 126;

/** A program that is fed by its standard input and only complains on standard error. It leads a process group of its own. */
export interface FedProcess {
  readonly child: ChildProcessByStdio<Writable, null, Readable>;
  /** Null when it was ended by a signal; never rejects. */
  readonly exit: Promise<number | null>;
  /** What it said, which is nothing as long as all goes well. */
  words(): string;
}

/** @throws ApiError TOO_MANY_REQUESTS */
export function startFedProcess(command: readonly string[], env: Environment): FedProcess {
  const child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', LAUNCH, 'bash', ...command], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  requireStreams(child);
  const exit = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(CAN_NOT_RUN));
    child.once('exit', (code) => resolve(code));
  });
  // It may be gone before it has taken everything.
  child.stdin.on('error', () => undefined);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-MAX_WORDS);
  });
  return { child, exit, words: () => words.trim() };
}
