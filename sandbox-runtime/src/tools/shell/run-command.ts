import { ApiError, type Input } from '@sandfleet/contract';
import type { shellContract } from '@sandfleet/contract/runtime';
import type { RequestContext } from '@sandfleet/server-kit';

import { isDirectory } from '../../is-directory.ts';
import { ok } from '../../server/answers.ts';
import { resolvePath, type Places } from '../file/workspace-path.ts';
import { hintOf, resultOf } from './answers.ts';
import type { Command } from './command.ts';
import { wantsEvents } from './event-stream.ts';
import { followCommand } from './follow-command.ts';
import type { ShellSession } from './session.ts';
import { waitForCommand } from './wait.ts';

type ExecBody = Input<typeof shellContract.shell_exec>['body'];

/** Runs a command and answers when it has ended, or its caller has waited long enough. */
export function runCommand(
  session: ShellSession,
  body: ExecBody,
  {
    directory,
    context: { reply, request, signal },
  }: { readonly directory: string | undefined; readonly context: RequestContext },
) {
  if (session.isFull)
    throw new ApiError('SESSION_LIMIT', { message: 'Too many commands wait in this session.', retryAfterSeconds: 1 });
  const physical = body.preserve_symlinks === undefined ? session.physical : !body.preserve_symlinks;
  const command = session.exec(body.command, { physical, directory });
  endAfter(session, command, body.hard_timeout);
  const result = async () => {
    const status = body.async_mode ? command.status : await waitForCommand(command, waitOf(body, session, signal));
    if (signal.aborted) command.abandon();
    return { ...ok(resultOf(session, command, { status, truncate: body.truncate !== false })), ...hintOf(command) };
  };
  return wantsEvents(request.headers.accept) ? followCommand({ session, command, reply, result }) : result();
}

/** Where the command is to run; undefined, for one that is not there either, is where the session is. */
export async function directoryOf(body: ExecBody, places: Places): Promise<string | undefined> {
  if (body.exec_dir === undefined) return undefined;
  const directory = resolvePath(body.exec_dir, places, 'open');
  if (await isDirectory(directory)) return directory;
  if (body.strict) throw new ApiError('BAD_REQUEST', { message: `exec_dir ${directory} is not a directory` });
  return undefined;
}

function waitOf(body: ExecBody, session: ShellSession, signal: AbortSignal) {
  return { timeoutSeconds: body.timeout, noChangeSeconds: body.no_change_timeout ?? session.noChangeTimeoutSeconds, signal };
}

/** The clock of a hard timeout begins with the command, not with its place in the queue. */
function endAfter(session: ShellSession, command: Command, seconds: number | undefined): void {
  if (seconds === undefined) return;
  void command.started.then(() => {
    const timer = setTimeout(() => void session.stop(command, 'hard_timeout'), seconds * 1000);
    void command.ended.then(() => clearTimeout(timer));
  });
}
