import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { ApiError } from '@sandfleet/contract';

import type { Environment } from '../../config.ts';
import { boundedLines } from '../../process/bounded-lines.ts';
import { NodeFailure, outputsOf, parseLine, TIMEOUT_EXIT_CODE, withFailures, type NodeAnswer } from './answer.ts';
import { NodeProcess } from './node-process.ts';
import { Repl } from './repl.ts';
import { writeFiles, writeRegular } from './run-folder.ts';
import { RUNNER_SOURCE } from './runner-source.ts';

const MAX_REPORT_BYTES = 16 * 1024 * 1024;

export interface FreshRun {
  readonly binary: string;
  readonly env: Environment;
  readonly outputLimit: number;
  readonly code: string;
  readonly timeoutSeconds: number;
  readonly stdin?: string | undefined;
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Instead of a directory of its own; what is written there stays. */
  readonly cwd?: string | undefined;
  /** The value of the last expression is wanted, as in a session. */
  readonly showValue?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs code in a process of its own; a directory that was made for it is gone afterwards.
 *
 * @throws ApiError BAD_REQUEST, TOO_MANY_REQUESTS, TOOL_UNAVAILABLE where nothing can be written
 */
export async function runFresh(run: FreshRun): Promise<NodeAnswer> {
  const folder = await mkdtemp(join(run.env['TMPDIR'] ?? '/tmp', 'nodejs-')).catch(noPlace);
  try {
    const cwd = run.cwd ?? folder;
    await writeFiles(cwd, run.files ?? {});
    const shown = run.showValue === true ? await runForValue(run, cwd) : undefined;
    return shown ?? (await runFile(run, { cwd, folder }));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Nothing when the code only makes sense as a file of its own, such as a module with exports. */
async function runForValue(run: FreshRun, cwd: string): Promise<NodeAnswer | undefined> {
  const repl = new Repl({ ...run, cwd });
  const clock = startClock(run, () => repl.process.kill());
  const { reply } = await repl.run({ ...run, signal: undefined, name: 'code.js', once: true });
  if (reply?.status === 'timeout') repl.process.kill();
  const exitCode = await repl.process.ended;
  const isLate = clock.stop() || reply?.status === 'timeout';
  if (reply?.unparsed === true) return undefined;
  const stdout = repl.process.stdout.take();
  const stderr = repl.process.stderr.take();
  const failures = [...(reply?.errors ?? []), ...(repl.lateFailure === undefined ? [] : [repl.lateFailure])];
  return {
    ...endingOf(isLate, exitCode, run.timeoutSeconds),
    stdout,
    stderr: withFailures(stderr, reply?.errors ?? []),
    outputs: outputsOf({ stdout, stderr, value: reply?.value, failures }),
  };
}

async function runFile(run: FreshRun, { cwd, folder }: { cwd: string; folder: string }): Promise<NodeAnswer> {
  const file = await writeCode(run.code, cwd, folder);
  try {
    const child = new NodeProcess({ ...run, cwd, source: RUNNER_SOURCE, args: [file] });
    const clock = startClock(run, () => child.kill());
    child.input(run.stdin ?? '');
    const report = readReport(child);
    const exitCode = await child.ended;
    const isLate = clock.stop();
    const failure = await report;
    // A program may catch what would have ended it.
    const failures = exitCode === 0 || isLate || failure === undefined ? [] : [failure];
    const stdout = child.stdout.take();
    const stderr = child.stderr.take();
    const outputs = outputsOf({ stdout, stderr, failures });
    return { ...endingOf(isLate, exitCode, run.timeoutSeconds), stdout, stderr, outputs };
  } finally {
    // The runner may have renamed it.
    await Promise.all([file, file.replace(/\.cjs$/, '.mjs')].map((path) => rm(path, { force: true }).catch(() => undefined)));
  }
}

/** In the directory of the run, so that relative imports are found from there; where that can't be written, beside it. */
async function writeCode(code: string, cwd: string, folder: string): Promise<string> {
  const name = `.code-${randomBytes(4).toString('hex')}.cjs`;
  const path = join(cwd, name);
  const isWritten = await writeRegular(path, code).then(
    () => true,
    () => false,
  );
  if (isWritten) return path;
  await writeRegular(join(folder, name), code).catch(noPlace);
  return join(folder, name);
}

/** The disk may be full, or the directory for temporary files gone. */
function noPlace(error: NodeJS.ErrnoException): never {
  const { code = 'EIO' } = error;
  throw new ApiError('TOOL_UNAVAILABLE', { message: `There is no place for the code to run from (${code}).`, cause: error });
}

/** Ends the run when its time is over or its client has gone; `stop` tells whether the time was. */
function startClock({ timeoutSeconds, signal }: FreshRun, kill: () => void): { stop(): boolean } {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutSeconds * 1000);
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  return {
    stop: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      return isLate;
    },
  };
}

async function readReport(child: NodeProcess): Promise<NodeFailure | undefined> {
  let failure: NodeFailure | undefined;
  try {
    for await (const line of boundedLines(child.channel, MAX_REPORT_BYTES)) failure = parseLine(NodeFailure, line) ?? failure;
  } catch {
    // The stream ends with the child, at times in the middle of a line.
  }
  return failure;
}

function endingOf(isLate: boolean, exitCode: number, seconds: number): Pick<NodeAnswer, 'status' | 'exitCode' | 'hint'> {
  if (isLate)
    return { status: 'timeout', exitCode: TIMEOUT_EXIT_CODE, hint: `The code did not end in ${seconds} s and was killed.` };
  return { status: exitCode === 0 ? 'ok' : 'error', exitCode };
}
