import { join } from 'node:path';

import type { FileOperationError } from '@sandfleet/contract/runtime';

import type { Environment } from '../../config.ts';
import { runBounded, type BoundedResult } from '../../process/bounded-process.ts';
import type { Source } from './source.ts';

const MAX_CHARACTERS = 10_000_000;
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;
const MAX_REDIRECTS = 5;
/** A character has at most four bytes; the line before the text is short. */
const MAX_OUTPUT_BYTES = 4 * MAX_CHARACTERS + 16 * 1024;

export interface ConvertOptions {
  readonly python: string;
  /** Directory of the runtime's own Python programs. */
  readonly programs: string;
  readonly env: Environment;
  readonly seconds: number;
  readonly memoryMegabytes: number;
  readonly signal: AbortSignal;
}

export interface Markdown {
  readonly text: string;
  readonly title?: string;
  readonly truncated: boolean;
}

export type Trouble = Omit<FileOperationError, 'path' | 'operation'>;

/** First line of the program's answer. */
type Head =
  | { readonly ok: true; readonly title: string; readonly truncated: boolean }
  | ({ readonly ok: false; readonly retryable?: boolean } & Pick<Trouble, 'error_type' | 'message' | 'errno' | 'errno_name'>);

/** Converts one document in a process of its own, which is gone when this returns. */
export async function convertToMarkdown(source: Source, options: ConvertOptions): Promise<Markdown | Trouble> {
  const { python, programs, env, seconds, memoryMegabytes, signal } = options;
  const limits = {
    memory_bytes: memoryMegabytes * 1024 * 1024,
    // The wall clock is what counts; this ends a process that outlives the server.
    cpu_seconds: Math.ceil(seconds) * 2,
    document_bytes: MAX_DOCUMENT_BYTES,
    output_characters: MAX_CHARACTERS,
    redirects: MAX_REDIRECTS,
  };
  const result = await runBounded({
    // Isolated: what the user installed or put beside a document neither breaks nor replaces the converter.
    command: [python, '-I', join(programs, 'convert_to_markdown.py')],
    directory: '/',
    // One thread each: a conversion gains nothing by more, and their stacks count as memory.
    env: { ...env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    input: JSON.stringify({ source, limits }),
    timeoutMs: seconds * 1000,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    signal,
  });
  return readAnswer(result, seconds);
}

function readAnswer({ ended, exitCode, stdout }: BoundedResult, seconds: number): Markdown | Trouble {
  if (ended === 'timeout')
    return { error_type: 'timeout', message: `The conversion took longer than ${seconds} seconds.`, retryable: true };
  if (ended === 'aborted') return { error_type: 'io_error', message: 'The conversion was stopped.', retryable: true };
  if (exitCode === 127)
    return { error_type: 'not_available', message: 'This sandbox has no Python to convert with.', retryable: false };
  const end = stdout.cut ? -1 : stdout.bytes.indexOf('\n');
  const head = exitCode === 0 && end !== -1 ? parseHead(stdout.bytes.toString('utf8', 0, end)) : undefined;
  if (head === undefined)
    return { error_type: 'conversion_failed', message: 'The converter broke down over this document.', retryable: false };
  if (!head.ok) return troubleOf(head);
  const text = stdout.bytes.toString('utf8', end + 1);
  return { text, truncated: head.truncated, ...(head.title === '' ? {} : { title: head.title }) };
}

function parseHead(line: string): Head | undefined {
  try {
    // Written by our own program; a line that is something else is no JSON.
    return JSON.parse(line) as Head;
  } catch {
    return undefined;
  }
}

const troubleOf = ({ error_type, message, retryable, errno, errno_name }: Head & { ok: false }): Trouble => ({
  error_type,
  message,
  retryable: retryable ?? false,
  ...(errno === undefined ? {} : { errno }),
  ...(errno_name === undefined ? {} : { errno_name }),
});
