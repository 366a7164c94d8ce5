import type { BashCommandInfo, BashExecResult } from '@sandfleet/contract/runtime';

import type { Command } from './command.ts';
import { cutMiddle, readText, type Text } from './text.ts';

export interface ExecAnswerOptions {
  readonly sessionId: string;
  /** The caller did not wait, and reads everything later. */
  readonly isAsync: boolean;
  /** Characters of each stream; 0 is no limit. */
  readonly limit: number;
}

export interface Hinted<T> {
  readonly data: T;
  readonly hint?: string;
}

export function execAnswer(command: Command, { sessionId, isAsync, limit }: ExecAnswerOptions): Hinted<BashExecResult> {
  const base = { session_id: sessionId, command_id: command.id, command: command.text };
  if (isAsync) return { data: { ...base, status: command.status, stdout: '', stderr: '', offset: 0, stderr_offset: 0 } };
  const [stdout, stderr] = [readText(command.stdout, 0, command.isOver), readText(command.stderr, 0, command.isOver)];
  return {
    data: {
      ...base,
      status: command.status,
      stdout: cutMiddle(stdout.text, limit),
      stderr: cutMiddle(stderr.text, limit),
      ...exitCodeOf(command),
      offset: stdout.offset,
      stderr_offset: stderr.offset,
    },
    ...hintOf(command, { stdout, stderr }),
  };
}

export function infoOf(command: Command): BashCommandInfo {
  return { command_id: command.id, command: command.text, status: command.status, ...exitCodeOf(command) };
}

export const exitCodeOf = (command: Command | undefined): { exit_code?: number } =>
  command?.exitCode === undefined ? {} : { exit_code: command.exitCode };

export function hintOf(command: Command, streams: Readonly<Record<'stdout' | 'stderr', Text>>): { hint?: string } {
  const hints = Object.entries(streams).flatMap(([name, { lost }]) =>
    lost === 0 ? [] : [`${lost} bytes of ${name} are missing here: only the last of long output is kept.`],
  );
  if (command.hasBackground)
    hints.push('Programs that the command left in the background still hold its output; read what they write with output.');
  return hints.length === 0 ? {} : { hint: hints.join(' ') };
}
