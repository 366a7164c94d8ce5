import { ApiError } from '@sandfleet/contract';
import type { IPty, IPtyForkOptions } from 'node-pty';

/**
 * Starts a bash on a terminal of its own. The module is loaded on first use: the server answers sooner than it could read it.
 *
 * @throws ApiError TOO_MANY_REQUESTS: what can fail here is the kernel's room for terminals, processes or descriptors
 */
export async function spawnPty(args: string[], options: IPtyForkOptions): Promise<IPty> {
  const { spawn } = await import('node-pty');
  try {
    return spawn('/bin/bash', ['--noprofile', '--norc', '-c', ...args], { name: 'xterm-256color', ...options });
  } catch (cause) {
    const message = 'The sandbox has no room for another terminal.';
    throw new ApiError('TOO_MANY_REQUESTS', { message, retryAfterSeconds: 1, cause });
  }
}

/** What every terminal of node-pty has, and its types leave out. */
interface Parts {
  /** Descriptor of the terminal's other side. */
  readonly fd: number;
  on(event: 'close', listener: () => void): void;
}

export const fdOf = (pty: IPty): number => (pty as IPty & Parts).fd;

/**
 * Tells when the terminal is closed, at the latest when its shell exits, but also before: where nobody holds the near side any
 * more, as after `exec PROGRAM </dev/null &>/dev/null`. From then on the number of its descriptor is another file's.
 */
export const onClosed = (pty: IPty, listener: () => void): void => (pty as IPty & Parts).on('close', listener);
