import { spawn, type ChildProcess } from 'node:child_process';

import type { Environment } from '../../config.ts';
import { boundedLines } from '../../process/bounded-lines.ts';
import { requireStreams } from '../../process/no-room.ts';
import { FileError } from './file-error.ts';

/** Bytes of one line of ripgrep's report. */
const MAX_REPORT_LINE = 8 * 1024 * 1024;
const MAX_ERROR_BYTES = 4096;

/** Text that is no UTF-8 comes as base64. */
export type RgText = { readonly text: string } | { readonly bytes: string };

export type RgEvent =
  | { readonly type: 'begin' | 'end'; readonly data: { readonly path: RgText } }
  | { readonly type: 'match' | 'context'; readonly data: { readonly line_number: number | null; readonly lines: RgText } }
  | { readonly type: 'summary' };

export interface RipgrepOptions {
  /** For errors. */
  readonly path: string;
  readonly operation: string;
  readonly env: Environment;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What ripgrep reports: its engine takes linear time, so that no pattern can hold the server up, and it is a process of its own, so
 * that no file can. It ends with the loop that reads this, and when the signal aborts.
 *
 * @throws FileError (invalid_pattern, io_error), LineTooLong
 */
export async function* ripgrep(args: readonly string[], options: RipgrepOptions): AsyncGenerator<RgEvent> {
  for await (const line of boundedLines(outputOf(['--json', ...args], options), MAX_REPORT_LINE)) {
    // The types above are ripgrep's documented format.
    yield JSON.parse(line) as RgEvent;
  }
}

/**
 * How many files it would look into; its report counts those with matches alone.
 *
 * @throws FileError (invalid_pattern, io_error)
 */
export async function countFiles(args: readonly string[], options: RipgrepOptions): Promise<number> {
  let count = 0;
  for await (const chunk of outputOf(['--files', '--null', ...args], options)) {
    for (let at = chunk.indexOf(0); at !== -1; at = chunk.indexOf(0, at + 1)) count += 1;
  }
  return count;
}

async function* outputOf(args: readonly string[], options: RipgrepOptions): AsyncGenerator<Buffer> {
  const { env, cwd, signal } = options;
  signal?.throwIfAborted();
  const child = spawn('rg', ['--no-config', '--no-messages', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  requireStreams(child);
  const ended = endOf(child);
  const complaint = readSome(child.stderr);
  const kill = () => void child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const code = await ended;
    signal?.throwIfAborted();
    // Files that could not be read end it with 2 as well, and without a word.
    const said = await complaint;
    if (code === undefined || (code > 1 && said !== '')) throw failure(options, said, child.pid !== undefined);
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
    await ended;
  }
}

export function textOf(text: RgText): string {
  return 'text' in text ? text.text : Buffer.from(text.bytes, 'base64').toString('utf8');
}

/** The exit code, if there is one. Never rejects: nobody may be waiting yet when the process fails to start. */
function endOf(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('close', (code) => resolve(code ?? undefined));
  });
}

async function readSome(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  try {
    for await (const chunk of stream) if (text.length < MAX_ERROR_BYTES) text += String(chunk);
  } catch {
    // What came before is all there is to tell.
  }
  return text.slice(0, MAX_ERROR_BYTES);
}

function failure({ path, operation }: RipgrepOptions, complaint: string, hasStarted: boolean): FileError {
  if (!hasStarted) {
    // The system's own "not found" would read as if the file were.
    const message = `Cannot ${operation} ${path}: ripgrep could not be started`;
    return new FileError('io_error', { path, operation, message });
  }
  const type = /regex|glob|file type|literal "\\n"|line terminator/i.test(complaint) ? 'invalid_pattern' : 'io_error';
  const message = complaint.replace(/^rg: /, '').trim() || `Cannot ${operation} ${path}: ripgrep ended early`;
  return new FileError(type, { path, operation, message });
}
