import { spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';

import type { Environment } from '../../config.ts';
import { boundedLines, LineTooLong } from './bounded-lines.ts';
import { FileError } from './file-error.ts';

export const MAX_MATCHES = 10_000;
/** Bytes of one line of ripgrep's report, and characters of all matches together. */
const MAX_REPORT_LINE = 8 * 1024 * 1024;
const MAX_CHARACTERS = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 4096;

export interface Match {
  /** From 1. */
  readonly lineNumber: number;
  readonly line: string;
}

export interface SearchResult {
  readonly matches: readonly Match[];
  readonly truncated: boolean;
}

/** Text that is no UTF-8 comes as base64. */
type RgText = { readonly text: string } | { readonly bytes: string };

interface RgEvent {
  readonly type: string;
  readonly data: { readonly line_number: number | null; readonly lines: RgText };
}

/**
 * Searches one file with ripgrep: its engine takes linear time, so that no pattern can hold the server up, and it is a process of
 * its own, so that no file can.
 *
 * @throws FileError (invalid_pattern, invalid_target, io_error) and what the file system throws.
 */
export async function searchFile(
  path: string,
  regex: string,
  { env, signal }: { env: Environment; signal?: AbortSignal },
): Promise<SearchResult> {
  await access(path, constants.R_OK);
  if (!(await stat(path)).isFile())
    throw new FileError('invalid_target', {
      path,
      operation: 'search',
      message: `Cannot search ${path}: it is not a regular file`,
    });
  const args = ['--no-config', '--json', '--text', '--regexp', regex, '--', path];
  const child = spawn('rg', args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(signal === undefined ? {} : { signal }) });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? missing(path, error) : error));
    child.once('close', (code) => resolve(code ?? 2));
  });
  const complaint = readSome(child.stderr);
  const { matches, truncated } = await readMatches(child.stdout);
  if (truncated) child.kill();
  const code = await ended;
  if (code > 1 && !truncated) throw failure(path, await complaint);
  return { matches, truncated };
}

/** Stops reading when there is more than an answer should hold. */
async function readMatches(report: AsyncIterable<Buffer>): Promise<SearchResult> {
  const matches: Match[] = [];
  let characters = 0;
  try {
    for await (const line of boundedLines(report, MAX_REPORT_LINE)) {
      const event = JSON.parse(line) as RgEvent;
      if (event.type !== 'match') continue;
      const match = { lineNumber: event.data.line_number ?? 0, line: textOf(event.data.lines) };
      characters += match.line.length;
      if (matches.length === MAX_MATCHES || characters > MAX_CHARACTERS) return { matches, truncated: true };
      matches.push(match);
    }
  } catch (error) {
    if (error instanceof LineTooLong) return { matches, truncated: true };
    throw error;
  }
  return { matches, truncated: false };
}

function textOf(lines: RgText): string {
  const text = 'text' in lines ? lines.text : Buffer.from(lines.bytes, 'base64').toString('utf8');
  return text.replace(/\r?\n$/, '');
}

async function readSome(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) if (text.length < MAX_ERROR_BYTES) text += String(chunk);
  return text.slice(0, MAX_ERROR_BYTES);
}

/** The system's own "not found" would read as if the file were. */
const missing = (path: string, cause: Error): FileError =>
  new FileError('io_error', { path, operation: 'search', message: `Cannot search ${path}: ripgrep is not installed`, cause });

function failure(path: string, complaint: string): FileError {
  const type = /regex parse error|regex/i.test(complaint) ? 'invalid_pattern' : 'io_error';
  return new FileError(type, {
    path,
    operation: 'search',
    message: complaint.replace(/^rg: /, '').trim() || `Cannot search ${path}`,
  });
}
