import type { Environment } from '../../config.ts';
import { runBounded, type BoundedResult } from '../../process/bounded-process.ts';
import { parseCredentials, type Credentials } from './credentials.ts';

export type AuthResult = { readonly credentials: Credentials } | { readonly problem: string };
export type RunAuthCommand = () => Promise<AuthResult>;

export interface AuthCommandOptions {
  readonly command: string;
  readonly env: Environment;
  readonly directory: string;
  /** Ends a run that is under way. */
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 4096;

/** Runs a command that prints `user:password`. What it prints is a secret, so no message repeats any of it. */
export function authCommand({ command, env, directory, signal }: AuthCommandOptions): RunAuthCommand {
  return async () => {
    try {
      const result = await runBounded({
        command: ['/bin/bash', '-c', command],
        directory,
        env,
        timeoutMs: TIMEOUT_MS,
        maxOutputBytes: MAX_OUTPUT_BYTES,
        signal,
      });
      return credentialsOf(result);
    } catch (error) {
      return {
        problem: `The command for credentials could not be started (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
      };
    }
  };
}

function credentialsOf({ ended, exitCode, stdout }: BoundedResult): AuthResult {
  if (ended === 'timeout') return { problem: `The command for credentials took longer than ${TIMEOUT_MS / 1000} s.` };
  if (ended === 'aborted') return { problem: 'The command for credentials was ended.' };
  if (exitCode !== 0)
    return { problem: `The command for credentials ended ${exitCode === null ? 'by a signal' : `with exit code ${exitCode}`}.` };
  const text = stdout.bytes.toString('utf8').replace(/\r?\n$/, '');
  const credentials = stdout.cut || !text.includes(':') ? undefined : parseCredentials(text);
  return credentials === undefined ? { problem: 'The command for credentials did not print user:password.' } : { credentials };
}
