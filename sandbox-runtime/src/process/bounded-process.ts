import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Environment } from '../config.ts';
import { killGroup } from './kill-group.ts';
import { requireStreams, toStartError } from './no-room.ts';

export interface BoundedRun {
  readonly command: readonly string[];
  readonly directory: string;
  readonly env: Environment;
  readonly input?: string | Buffer;
  readonly timeoutMs: number;
  /** Of each of the two outputs, what is kept: the end of it. */
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal;
}

export interface BoundedResult {
  /** How it came to its end: by itself, or by us. */
  readonly ended: 'exit' | 'timeout' | 'aborted';
  /** Null when it was ended by a signal. */
  readonly exitCode: number | null;
  readonly stdout: Tail;
  readonly stderr: Tail;
}

export interface Tail {
  readonly bytes: Buffer;
  /** There was more, before these bytes. */
  readonly cut: boolean;
}

/** What a process that left the group may still hold open is not waited for longer. */
const DRAIN_MS = 2000;

/** Terminals of other sessions are open in this server so that every child inherits them; they are closed before the command begins. */
export const LAUNCH =
  'for path in /proc/$$/fd/*; do fd=${path##*/}; if (( fd > 2 && fd != 255 )); then eval "exec $fd>&-"; fi; done; exec "$@"';

/**
 * Runs a command in a process group of its own, and leaves nothing of that group behind, however it ends.
 *
 * @throws ApiError TOO_MANY_REQUESTS
 */
export async function runBounded(options: BoundedRun): Promise<BoundedResult> {
  const { command, directory, env, input = '', timeoutMs, maxOutputBytes, signal } = options;
  if (signal.aborted) return nothing('aborted');
  let ended: BoundedResult['ended'] = 'exit';
  const child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', LAUNCH, 'bash', ...command], {
    cwd: directory,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  requireStreams(child);
  const end = (why: BoundedResult['ended']) => {
    ended = why;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => end('timeout'), timeoutMs);
  const onAbort = () => end('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const outputs = Promise.all([readTail(child.stdout, maxOutputBytes), readTail(child.stderr, maxOutputBytes)]);
    void feed(child.stdin, input);
    const exitCode = await exitOf(child);
    killGroup(child.pid);
    const drain = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), DRAIN_MS);
    const [stdout, stderr] = await outputs;
    clearTimeout(drain);
    return { ended, exitCode, stdout, stderr };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

const nothing = (ended: BoundedResult['ended']): BoundedResult => ({
  ended,
  exitCode: null,
  stdout: { bytes: Buffer.alloc(0), cut: false },
  stderr: { bytes: Buffer.alloc(0), cut: false },
});

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(toStartError(error)));
    child.once('exit', (code) => resolve(code));
  });
}

/** A process that ends without reading its input says by its exit code what it thinks of it. */
const feed = (stream: Writable, input: string | Buffer): Promise<void> => pipeline([input], stream).catch(() => {});

async function readTail(stream: Readable, most: number): Promise<Tail> {
  const chunks: Buffer[] = [];
  let kept = 0;
  let cut = false;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      kept += chunk.length;
      while (kept - (chunks[0]?.length ?? 0) >= most) {
        kept -= chunks.shift()?.length ?? 0;
        cut = true;
      }
    }
  } catch {
    // Destroyed while somebody outside of the group held the other end: what came so far counts.
  }
  const bytes = Buffer.concat(chunks);
  return bytes.length > most ? { bytes: bytes.subarray(bytes.length - most), cut: true } : { bytes, cut };
}
