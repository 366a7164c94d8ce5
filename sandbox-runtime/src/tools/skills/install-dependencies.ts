import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { DependencyCommandResult } from '@sandfleet/contract/runtime';

import type { Environment } from '../../config.ts';
import { runBounded, type BoundedResult } from '../../process/bounded-process.ts';

const MAX_OUTPUT_BYTES = 16 * 1024;

/**
 * What installs the dependencies that a file names. pip takes the user's own place where the system's is not writable, and is told
 * that Debian's packages are no reason against it. npm runs no scripts of packages: few need them, and many that are bad have them.
 */
const COMMANDS: readonly { readonly file: string; readonly command: readonly string[] }[] = [
  {
    file: 'requirements.txt',
    command: ['python3', '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', 'requirements.txt'],
  },
  { file: 'package.json', command: ['npm', 'install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'] },
];

export interface InstallOptions {
  readonly env: Environment;
  /** Time of day in ms at which the last command has to be through. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Installs what a skill needs. A command that fails is told of and is no error. */
export async function installDependencies(directory: string, options: InstallOptions): Promise<DependencyCommandResult[]> {
  const results: DependencyCommandResult[] = [];
  for (const { file, command } of COMMANDS) {
    if (!(await isFile(join(directory, file)))) continue;
    const result = await runBounded({
      command,
      directory,
      env: { ...options.env, PIP_BREAK_SYSTEM_PACKAGES: '1', CI: '1' },
      timeoutMs: Math.max(0, options.deadline - Date.now()),
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal: options.signal,
    });
    results.push(shown(command, result));
  }
  return results;
}

function shown(command: readonly string[], { ended, exitCode, stdout, stderr }: BoundedResult): DependencyCommandResult {
  const why = { exit: '', timeout: '\n(stopped: it took too long)', aborted: '\n(stopped: the call ended)' }[ended];
  return {
    command: [...command],
    success: ended === 'exit' && exitCode === 0,
    stdout: stdout.bytes.toString(),
    stderr: `${stderr.bytes.toString()}${why}`,
  };
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
