import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Environment } from '../../config.ts';
import type { Command } from './command.ts';
import { ShellSession } from './session.ts';

export interface TestShell extends AsyncDisposable {
  readonly session: ShellSession;
  /** Home and first directory of the session, without links on the way. */
  readonly home: string;
  readonly env: Environment;
  /** Runs a command to its end. */
  run(text: string): Promise<{ readonly output: string; readonly exitCode: number | undefined; readonly status: string }>;
}

export const shellEnvironment = (home: string): Environment => ({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: home,
  USER: 'gem',
  LANG: 'C.UTF-8',
});

/** A real shell in a folder of its own. */
export async function openShell(): Promise<TestShell> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'shell-test-')));
  const env = shellEnvironment(home);
  const session = new ShellSession({ id: 'test', directory: home, env, physical: true, noChangeTimeoutSeconds: undefined });
  await session.open();
  return {
    session,
    home,
    env,
    run: async (text) => outcome(session.exec(text, { physical: true })),
    [Symbol.asyncDispose]: async () => {
      await session.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export async function outcome(command: Command) {
  await command.ended;
  return { output: command.output.toString(), exitCode: command.exitCode, status: command.status };
}

/** Waits until `check` holds; a busy machine only makes it later. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
