import { ApiError, type Input } from '@sandfleet/contract';
import { shellContract, type ShellCommandResult, type ShellSessionInfo } from '@sandfleet/contract/runtime';
import { implement } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { resolvePath, type Places } from '../file/workspace-path.ts';
import type { Command } from './command.ts';
import { truncateMiddle } from './output-buffer.ts';
import { OUTPUT_LIMIT, type ShellSession } from './session.ts';
import { isDirectory, ShellSessions } from './sessions.ts';
import { waitForCommand } from './wait.ts';

const DEFAULT_WAIT_SECONDS = 30;
/** A command of 1 MiB, escaped, with room for the rest of the body. */
const EXEC_BODY_LIMIT = 8 * 1024 * 1024;

export function shellTool({ app, config, env, places }: ToolContext): Tool {
  const sessions = new ShellSessions({ env, workspace: places.workspace, maxSessions: config.MAX_SHELL_SESSIONS });
  implement(
    app,
    shellContract,
    {
      shell_exec: async ({ body }, { signal }) => {
        const session = body.id === undefined ? await sessions.open() : sessions.get(body.id);
        const command = session.exec(body.command, await placeOf(body, session, places));
        endAfter(session, command, body.hard_timeout);
        const status = body.async_mode ? command.status : await waitForCommand(command, waitOf(body, session, signal));
        if (signal.aborted) command.abandon();
        return { ...ok(resultOf(session, command, { status, truncate: body.truncate !== false })), ...hintOf(command) };
      },
      shell_view: ({ body }) => {
        const session = sessions.get(body.id);
        const command = session.shown;
        return ok({
          output: command?.output.toString() ?? '',
          session_id: session.id,
          console: [...session.history],
          status: command?.status ?? 'completed',
          ...(command === undefined ? {} : { command: command.text }),
          ...exitCodeOf(command),
        });
      },
      shell_wait: async ({ body }, { signal }) => {
        const command = sessions.get(body.id).shown;
        const timeoutSeconds = body.max_wait_seconds ?? body.seconds ?? DEFAULT_WAIT_SECONDS;
        return ok({ status: command === undefined ? 'completed' : await waitForCommand(command, { timeoutSeconds, signal }) });
      },
      shell_write: ({ body }) => {
        const session = sessions.get(body.id);
        if (!session.input(body.press_enter ? `${body.input}\n` : body.input)) {
          throw new ApiError('CONFLICT', { message: 'Nothing runs in this session that could read the input.' });
        }
        return ok({ status: 'running' as const });
      },
      shell_kill: async ({ body }) => {
        const session = sessions.get(body.id);
        const command = session.current;
        if (command !== undefined) await session.stop(command, 'terminated');
        const shown = command ?? session.shown;
        const code = exitCodeOf(shown);
        return ok({
          status: shown?.status ?? 'completed',
          ...code,
          ...(code.exit_code === undefined ? {} : { returncode: code.exit_code }),
        });
      },
      shell_create_session: async ({ body }) => {
        const session = await sessions.open({
          id: body.id,
          directory: body.exec_dir === undefined ? undefined : resolvePath(body.exec_dir, places, 'open'),
          physical: body.preserve_symlinks !== true,
          noChangeTimeoutSeconds: body.no_change_timeout,
        });
        return ok({ session_id: session.id, working_dir: session.directory });
      },
      shell_update_session: ({ body }) => {
        const session = sessions.get(body.id);
        session.noChangeTimeoutSeconds = body.no_change_timeout;
        return ok({
          session_id: session.id,
          ...(body.no_change_timeout === undefined ? {} : { no_change_timeout: body.no_change_timeout }),
        });
      },
      shell_session_stats: () => ok(sessions.stats()),
      shell_list_sessions: () =>
        ok({ sessions: Object.fromEntries([...sessions.list()].map(([id, session]) => [id, infoOf(session)])) }),
      shell_delete_sessions: async () => ok({ closed: await sessions.closeAll() }),
      shell_delete_session: async ({ params }) => {
        await sessions.close(params.session_id);
        return ok({ session_id: params.session_id });
      },
    },
    { route: (operationId) => (operationId === 'shell_exec' ? { bodyLimit: EXEC_BODY_LIMIT } : {}) },
  );
  return {
    contract: shellContract,
    close: async () => void (await sessions.closeAll()),
  };
}

type ExecBody = Input<typeof shellContract.shell_exec>['body'];

async function placeOf(body: ExecBody, session: ShellSession, places: Places) {
  if (session.isFull)
    throw new ApiError('SESSION_LIMIT', { message: 'Too many commands wait in this session.', retryAfterSeconds: 1 });
  const physical = body.preserve_symlinks === undefined ? session.physical : !body.preserve_symlinks;
  if (body.exec_dir === undefined) return { physical };
  const directory = resolvePath(body.exec_dir, places, 'open');
  if (await isDirectory(directory)) return { physical, directory };
  if (body.strict) throw new ApiError('BAD_REQUEST', { message: `exec_dir ${directory} is not a directory` });
  return { physical };
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

function resultOf(
  session: ShellSession,
  command: Command,
  { status, truncate }: { status: Command['status']; truncate: boolean },
): ShellCommandResult {
  const text = command.output.toString();
  const output = truncate ? truncateMiddle(text, OUTPUT_LIMIT) : text;
  const code = exitCodeOf(command);
  return {
    session_id: session.id,
    command: command.text,
    status,
    output,
    // The record is for a console's view; a second copy of megabytes would only make the answer slow.
    console: [{ ps1: command.prompt, command: command.text, output: truncateMiddle(text, OUTPUT_LIMIT) }],
    ...code,
    ...(code.exit_code === undefined ? {} : { returncode: code.exit_code }),
  };
}

const exitCodeOf = (command: Command | undefined): { exit_code?: number } =>
  command?.exitCode === undefined ? {} : { exit_code: command.exitCode };

const hintOf = (command: Command): { hint?: string } => (command.hint === undefined ? {} : { hint: command.hint });

function infoOf(session: ShellSession): ShellSessionInfo {
  return {
    working_dir: session.directory,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    age_seconds: Math.floor((Date.now() - session.createdAt.getTime()) / 1000),
    status: session.isBusy ? 'busy' : 'ready',
    ...(session.current === undefined ? {} : { current_command: session.current.text }),
  };
}
