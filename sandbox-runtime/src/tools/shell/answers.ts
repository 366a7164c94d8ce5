import type { ShellCommandResult, ShellSessionInfo } from '@sandfleet/contract/runtime';

import type { Command } from './command.ts';
import { truncateMiddle } from './output-buffer.ts';
import { OUTPUT_LIMIT, type ShellSession } from './session.ts';
import type { Session } from './sessions.ts';
import type { TerminalSession } from './terminal-session.ts';

export function resultOf(
  session: ShellSession,
  command: Command,
  { status, truncate }: { status: Command['status']; truncate: boolean },
): ShellCommandResult {
  const text = command.output.toString();
  const short = truncateMiddle(text, OUTPUT_LIMIT);
  const code = exitCodeOf(command);
  return {
    session_id: session.id,
    command: command.text,
    status,
    output: truncate ? short : text,
    // The record is for a console's view; a second copy of megabytes would only make the answer slow.
    console: [{ ps1: command.prompt, command: command.text, output: short }],
    ...code,
    ...(code.exit_code === undefined ? {} : { returncode: code.exit_code }),
  };
}

export const exitCodeOf = (command: Command | undefined): { exit_code?: number } =>
  command?.exitCode === undefined ? {} : { exit_code: command.exitCode };

export const hintOf = (command: Command): { hint?: string } => (command.hint === undefined ? {} : { hint: command.hint });

/** What is current in a session: a command, or what runs in the foreground of a terminal. */
const currentOf = (session: Session): string | undefined => (session.kind === 'terminal' ? session.runs : session.current?.text);

export function infoOf(session: Session): ShellSessionInfo {
  const current = currentOf(session);
  return {
    working_dir: session.directory,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    age_seconds: Math.floor((Date.now() - session.createdAt.getTime()) / 1000),
    status: (session.kind === 'terminal' ? current !== undefined : session.isBusy) ? 'busy' : 'ready',
    ...(current === undefined ? {} : { current_command: current }),
  };
}

export function viewOf(session: ShellSession) {
  const command = session.shown;
  return {
    output: command?.output.toString() ?? '',
    session_id: session.id,
    console: [...session.history],
    status: command?.status ?? ('completed' as const),
    ...(command === undefined ? {} : { command: command.text }),
    ...exitCodeOf(command),
  };
}

export function terminalViewOf(terminal: TerminalSession) {
  const runs = terminal.runs;
  return {
    output: terminal.shown,
    session_id: terminal.id,
    console: [],
    status: statusOf(terminal),
    ...(runs === undefined ? {} : { command: runs }),
  };
}

export const statusOf = (terminal: TerminalSession) =>
  terminal.runs === undefined ? ('completed' as const) : ('running' as const);
