import { setTimeout as delay } from 'node:timers/promises';

import { ApiError } from '@sandfleet/contract';
import { shellContract } from '@sandfleet/contract/runtime';
import { implement, type RequestContext } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Tool, ToolContext } from '../../tool.ts';
import { resolvePath } from '../file/workspace-path.ts';
import { exitCodeOf, infoOf, statusOf, terminalViewOf, viewOf } from './answers.ts';
import { wantsEvents } from './event-stream.ts';
import { followCommand } from './follow-command.ts';
import { directoryOf, runCommand } from './run-command.ts';
import { ShellSessions, type Session } from './sessions.ts';
import type { TerminalSession } from './terminal-session.ts';
import { TerminalSockets } from './terminal-sockets.ts';
import { terminalUrl } from './terminal-url.ts';
import { waitForCommand } from './wait.ts';

const DEFAULT_WAIT_SECONDS = 30;
const TERMINAL_POLL_MS = 100;
/** Bytes that may wait for a program to read them. */
const INPUT_QUEUE_BYTES = 1024 * 1024;
/** A command of 1 MiB, escaped, with room for the rest of the body. */
const EXEC_BODY_LIMIT = 8 * 1024 * 1024;

export function shellTool({ app, config, env, places }: ToolContext): Tool {
  const sessions = new ShellSessions({
    env,
    workspace: places.workspace,
    maxSessions: config.MAX_SHELL_SESSIONS,
    terminalIdleSeconds: config.SHELL_TERMINAL_IDLE_SECONDS,
  });
  const sockets = new TerminalSockets({ app, sessions, maxSockets: config.MAX_TERMINAL_SOCKETS });
  implement(
    app,
    shellContract,
    {
      shell_exec: async ({ body }, context) => {
        if (body.id !== undefined) sessions.forCommands(body.id);
        const directory = await directoryOf(body, places);
        // From here to the queue nothing is waited for: a session that has no command yet may make room for others.
        const session = sessions.forCommands(body.id ?? (await sessions.open()).id);
        return runCommand(session, body, { directory, context });
      },
      shell_view: ({ body }, context) => view(sessions.get(body.id), context),
      shell_wait: async ({ body }, { signal }) => {
        const timeoutSeconds = body.max_wait_seconds ?? body.seconds ?? DEFAULT_WAIT_SECONDS;
        return ok({ status: await waitFor(sessions.get(body.id), timeoutSeconds, signal) });
      },
      shell_write: ({ body }) => {
        type(sessions.get(body.id), body.input, body.press_enter);
        return ok({ status: 'running' as const });
      },
      shell_kill: ({ body }) => kill(sessions.get(body.id)),
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
        const session = sessions.forCommands(body.id);
        session.noChangeTimeoutSeconds = body.no_change_timeout;
        return ok({
          session_id: session.id,
          ...(body.no_change_timeout === undefined ? {} : { no_change_timeout: body.no_change_timeout }),
        });
      },
      shell_terminal_url: async (_, { request }) => ok(terminalUrl(request.headers, (await sessions.openTerminal()).id)),
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
    close: async () => {
      sockets.close();
      await sessions.end();
    },
  };
}

async function view(session: Session, { request, reply, signal }: RequestContext) {
  const isStream = wantsEvents(request.headers.accept);
  if (session.kind === 'terminal') {
    const answer = ok(terminalViewOf(session));
    return isStream ? followCommand({ reply, output: answer.data.output, result: async () => answer }) : answer;
  }
  if (!isStream) return ok(viewOf(session));
  const command = session.shown;
  return followCommand({
    session,
    command,
    reply,
    result: async () => {
      if (command !== undefined) await waitForCommand(command, { signal });
      return ok(viewOf(session));
    },
  });
}

async function waitFor(session: Session, timeoutSeconds: number, signal: AbortSignal) {
  if (session.kind === 'terminal') return waitForPrompt(session, timeoutSeconds, signal);
  const command = session.shown;
  return command === undefined ? ('completed' as const) : waitForCommand(command, { timeoutSeconds, signal });
}

/** Nobody is told when a shell takes its terminal back, so it is looked at. */
async function waitForPrompt(terminal: TerminalSession, timeoutSeconds: number, signal: AbortSignal) {
  const end = Date.now() + timeoutSeconds * 1000;
  while (terminal.runs !== undefined && Date.now() < end && !signal.aborted) await delay(TERMINAL_POLL_MS);
  return statusOf(terminal);
}

function type(session: Session, input: string, pressEnter: boolean): void {
  const { unread } = session;
  if (unread > 0 && unread + Buffer.byteLength(input) > INPUT_QUEUE_BYTES) {
    throw new ApiError('TOO_MANY_REQUESTS', {
      message: `Nothing has read ${unread} bytes of the input yet.`,
      retryAfterSeconds: 1,
    });
  }
  // The key itself sends a carriage return, which line editors at a prompt and raw programs wait for.
  if (session.kind === 'terminal') return session.type(pressEnter ? `${input}\r` : input);
  if (!session.input(pressEnter ? `${input}\n` : input)) {
    throw new ApiError('CONFLICT', { message: 'Nothing runs in this session that could read the input.' });
  }
}

async function kill(session: Session) {
  if (session.kind === 'terminal') {
    await session.stop();
    return ok({ status: 'terminated' as const });
  }
  const command = session.current;
  if (command !== undefined) await session.stop(command, 'terminated');
  const shown = command ?? session.shown;
  const code = exitCodeOf(shown);
  return ok({
    status: shown?.status ?? ('completed' as const),
    ...code,
    ...(code.exit_code === undefined ? {} : { returncode: code.exit_code }),
  });
}
