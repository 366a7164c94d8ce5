import { ApiError } from '@sandfleet/contract';
import type { bashContract } from '@sandfleet/contract/runtime';
import type { Handlers } from '@sandfleet/server-kit';

import { ok } from '../../server/answers.ts';
import type { Places } from '../file/workspace-path.ts';
import { execAnswer, exitCodeOf, hintOf, infoOf } from './answers.ts';
import type { Command } from './command.ts';
import { directoryOf } from './given-paths.ts';
import type { BashSession } from './session.ts';
import type { BashSessions } from './sessions.ts';
import { readText } from './text.ts';
import { waitUntil } from './wait.ts';

const DEFAULT_OUTPUT_LENGTH = 50_000;
const DEFAULT_WAIT_SECONDS = 30;

type All = Handlers<typeof bashContract>;

export const execHandler =
  (sessions: BashSessions, places: Places): All['bash_exec'] =>
  async ({ body }, { signal }) => {
    const directory = await directoryOf(body.exec_dir, places);
    const session = sessions.open({ id: body.session_id, directory });
    const command = await session.exec({ text: body.command, env: body.env ?? {}, hardTimeoutSeconds: body.hard_timeout });
    const isAsync = body.async_mode === true;
    if (!isAsync) await waitUntil(command, () => command.isOver, { timeoutSeconds: body.timeout, signal });
    const limit = body.max_output_length ?? DEFAULT_OUTPUT_LENGTH;
    const { data, ...hint } = execAnswer(command, { sessionId: session.id, isAsync, limit });
    return { ...ok(data), ...hint };
  };

export const outputHandler =
  (sessions: BashSessions): All['bash_output'] =>
  async ({ body }, { signal }) => {
    const session = sessions.get(body.session_id);
    const command = commandOf(session, body.command_id) ?? session.latest;
    const [offset, stderrOffset] = [body.offset ?? 0, body.stderr_offset ?? 0];
    if (command === undefined) return ok({ session_id: session.id, stdout: '', stderr: '', offset, stderr_offset: stderrOffset });
    const read = () => ({
      stdout: readText(command.stdout, offset, command.isOver),
      stderr: readText(command.stderr, stderrOffset, command.isOver),
    });
    const hasCome = () => command.stdout.end > offset || command.stderr.end > stderrOffset;
    // The first bytes of a letter have come, but are nothing to answer with yet.
    const isEnough = () => command.isOver || (hasCome() && Object.values(read()).some(({ text }) => text !== ''));
    if (body.wait === true)
      await waitUntil(command, isEnough, { timeoutSeconds: body.wait_timeout ?? DEFAULT_WAIT_SECONDS, signal });
    const { stdout, stderr } = read();
    const data = {
      session_id: session.id,
      stdout: stdout.text,
      stderr: stderr.text,
      offset: stdout.offset,
      stderr_offset: stderr.offset,
      command: infoOf(command),
    };
    return { ...ok(data), ...hintOf(command, { stdout, stderr }) };
  };

export const writeHandler =
  (sessions: BashSessions): All['bash_write'] =>
  async ({ body }) => {
    const session = sessions.get(body.session_id);
    const command = commandOf(session, body.command_id) ?? session.running;
    if (command === undefined) throw new ApiError('CONFLICT', { message: 'No command of this session runs.' });
    const eof = body.eof === true;
    const written = await command.write(body.input, eof);
    return ok({ session_id: session.id, command_id: command.id, bytes_written: written, eof });
  };

export const killHandler =
  (sessions: BashSessions): All['bash_kill'] =>
  async ({ body }) => {
    const session = sessions.get(body.session_id);
    const signal = body.signal ?? 'SIGTERM';
    const command = commandOf(session, body.command_id) ?? session.running ?? session.latest;
    if (command === undefined) return { ...ok({ session_id: session.id, signal }), hint: 'Nothing has run in this session.' };
    const hint = command.isOver && !command.hasBackground ? { hint: 'The command was over already.' } : {};
    await command.end(signal, 'killed');
    const data = { session_id: session.id, command_id: command.id, signal, status: command.status, ...exitCodeOf(command) };
    return { ...ok(data), ...hint };
  };

/** The command of a given id; an empty one is none. */
const commandOf = (session: BashSession, id: string | undefined): Command | undefined =>
  id === undefined || id === '' ? undefined : session.command(id);
