import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { Environment } from '../config.ts';
import { killGroup } from '../process/kill-group.ts';

/** What is remembered of a hook's output: its end, where the reason of a failure stands. */
const OUTPUT_LIMIT = 16 * 1024;
/** How long output may still come after the hook's end; what a hook left running may hold its pipes for ever. */
const DRAIN_MS = 200;

/** Closes what other libraries leave open for children (terminals of sessions), then becomes the hook's own shell. */
const LAUNCH = [
  'for path in /proc/$$/fd/*; do fd=${path##*/}; if (( fd > 2 && fd != 255 )); then eval "exec $fd>&-"; fi; done;',
  'cd -- "$1" 2>/dev/null || cd /;',
  'exec /bin/bash -c -- "$0"',
].join(' ');

export interface HookOptions {
  readonly command: string;
  readonly env: Environment;
  /** Where it runs; the root when that is not there. */
  readonly directory: string;
  readonly timeoutMs: number;
  /** Ends it, as its time does. */
  readonly signal?: AbortSignal;
  /** What is still running when its shell ends: a service that start-up hooks begin stays, at shutdown nothing does. */
  readonly leftovers: 'stay' | 'killed';
}

export interface HookOutcome {
  /** Missing when it was killed or did not start. */
  readonly exitCode?: number;
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly output: string;
  /** The output began earlier than what is kept of it. */
  readonly cut: boolean;
}

/** Runs a command of the user in a group of its own, so that all of it can be ended. Never throws. */
export async function runHook({ command, env, directory, timeoutMs, signal, leftovers }: HookOptions): Promise<HookOutcome> {
  const began = performance.now();
  const child = spawn('/bin/bash', ['-c', LAUNCH, command, directory], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
  }, timeoutMs);
  const stop = () => killGroup(child.pid);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const exitCode = await exitOf(child);
  clearTimeout(timer);
  signal?.removeEventListener('abort', stop);
  if (leftovers === 'killed') killGroup(child.pid);
  const text = await output.end(leftovers === 'killed');
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    timedOut,
    durationMs: Math.round(performance.now() - began),
    ...text,
  };
}

async function exitOf(child: ChildProcess): Promise<number | undefined> {
  try {
    // What Node gives with this event: the exit code, or null after a signal.
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? undefined;
  } catch {
    // There is no bash, or no room for another process.
    return undefined;
  }
}

/** Reads both streams as they come, the far end of it kept. */
function collect(child: ChildProcess) {
  let kept: Buffer = Buffer.alloc(0);
  let cut = false;
  let open = true;
  // Where no descriptor is left there are none.
  const streams = [child.stdout, child.stderr].flatMap((stream) => stream ?? []);
  const closed = once(child, 'close').catch(() => undefined);
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      if (!open) return;
      const all = Buffer.concat([kept, chunk]);
      cut ||= all.length > OUTPUT_LIMIT;
      kept = all.subarray(-OUTPUT_LIMIT);
    });
    stream.on('error', () => stream.destroy());
  }
  return {
    async end(destroy: boolean): Promise<{ output: string; cut: boolean }> {
      await Promise.race([closed, delay(DRAIN_MS, undefined, { ref: false })]);
      open = false;
      for (const stream of streams) {
        // A service that writes to a pipe without a reader would be killed by it: its output is read on, and dropped.
        if (destroy) stream.destroy();
        // Streams of a child's pipes are sockets.
        else (stream as Socket).unref();
      }
      return { output: kept.toString('utf8'), cut };
    },
  };
}
