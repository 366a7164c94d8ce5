import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';

export interface ProcessOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A bash that leads a session of its own. */
export interface StartedProcess {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Its exit code, or 128 and the signal that ended it; undefined where nobody can tell any more. */
  readonly exited: Promise<number | undefined>;
}

/**
 * Starts a bash by Node's own means. They cost more the larger the server is, and the streams are sockets, of which `/dev/stderr`
 * can't be opened; but they are always there.
 *
 * @throws the system's error, as ENOENT for a directory that is not there.
 */
export async function startDirectly({ args, cwd, env }: ProcessOptions): Promise<StartedProcess> {
  const child = spawn('/bin/bash', args, { cwd, env, detached: true });
  const { pid, stdin, stdout, stderr } = child;
  if (pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw error;
  }
  const exited = new Promise<number>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL'])),
  );
  return { pid, stdin, stdout, stderr, exited };
}
