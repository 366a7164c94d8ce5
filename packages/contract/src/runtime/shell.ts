import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';
import { NO_NUL } from './no-nul.ts';

export const SHELL_STATUSES = ['running', 'completed', 'no_change_timeout', 'hard_timeout', 'terminated'] as const;
export type ShellStatus = (typeof SHELL_STATUSES)[number];

const sessionId = Type.String({ minLength: 1, maxLength: 128, description: 'Id of the session' });
const status = Type.Enum([...SHELL_STATUSES]);
const seconds = (description: string) => Type.Number({ exclusiveMinimum: 0, maximum: 86_400, description });
const silence = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 86_400,
    description: 'Seconds without output after which a call stops waiting; never when left out',
  }),
);
const directory = Type.Optional(
  Type.String({ minLength: 1, maxLength: 4096, pattern: NO_NUL, description: 'Absolute, or relative to the workspace' }),
);

export const ConsoleRecord = Type.Object({ ps1: Type.String(), command: Type.String(), output: Type.String() });
export type ConsoleRecord = Static<typeof ConsoleRecord>;
const console = Type.Optional(Type.Array(ConsoleRecord));
const exitCode = Type.Optional(Type.Integer());

export const ShellCommandResult = Type.Object({
  session_id: Type.String(),
  command: Type.String(),
  status,
  output: Type.Optional(Type.String({ description: 'What the command wrote, standard output and error as they came' })),
  console,
  exit_code: exitCode,
  returncode: Type.Optional(Type.Integer({ description: 'Deprecated name of exit_code' })),
});
export type ShellCommandResult = Static<typeof ShellCommandResult>;

export const ShellSessionInfo = Type.Object({
  working_dir: Type.String(),
  created_at: Type.String(),
  last_used_at: Type.String(),
  age_seconds: Type.Integer(),
  status: Type.String({ description: 'ready or busy' }),
  current_command: Type.Optional(Type.String()),
});
export type ShellSessionInfo = Static<typeof ShellSessionInfo>;

export const shellContract = defineContract({
  shell_exec: {
    method: 'POST',
    path: '/v1/shell/exec',
    tag: 'shell',
    summary: 'Run a command in a shell session',
    description:
      'Without an id a session is made; an id that is not there answers 404. Commands of one session run one after the other. ' +
      'The answer comes when the command ends, at once with async_mode, or with status running when timeout is over: the command ' +
      'then goes on. hard_timeout ends it. A shell that was ended is replaced; the hint says so. ' +
      'With Accept: text/event-stream the answer is a stream of server-sent events: `output` with {"data": text} while the command ' +
      'writes, all of it whatever truncate says, and `result` with the plain answer as the last; a client that reads slowly makes ' +
      'the command wait and one that takes nothing for 60 seconds is cut off. A terminal session runs no commands: 409.',
    body: Type.Object({
      id: Type.Optional(sessionId),
      exec_dir: directory,
      command: Type.String({ minLength: 1, maxLength: 1_048_576, pattern: NO_NUL }),
      async_mode: Type.Optional(Type.Boolean({ default: false })),
      timeout: Type.Optional(seconds('Seconds to wait for the end')),
      strict: Type.Optional(Type.Boolean({ description: 'Refuse the call when exec_dir does not exist', default: false })),
      no_change_timeout: silence,
      hard_timeout: Type.Optional(seconds('Seconds after which the command is ended')),
      preserve_symlinks: Type.Optional(Type.Boolean({ default: false })),
      truncate: Type.Optional(Type.Boolean({ default: true, description: 'Cut the middle out of output over 30000 characters' })),
    }),
    response: envelope(ShellCommandResult),
    errors: ['SESSION_NOT_FOUND', 'SESSION_LIMIT', 'BAD_REQUEST', 'CONFLICT'],
  },
  shell_view: {
    method: 'POST',
    path: '/v1/shell/view',
    tag: 'shell',
    summary: 'Show the current or last command of a session, and those before it',
    description:
      'Of a terminal session it shows the last 262144 characters of the terminal, with its control sequences. ' +
      'With Accept: text/event-stream it follows the command to its end, by the events of exec: `output` with what is there and ' +
      'then with what comes, and `result` with the plain answer.',
    body: Type.Object({ id: sessionId }),
    response: envelope(
      Type.Object({
        output: Type.String(),
        session_id: Type.String(),
        console,
        status,
        command: Type.Optional(Type.String()),
        exit_code: exitCode,
      }),
    ),
    errors: ['SESSION_NOT_FOUND'],
  },
  shell_wait: {
    method: 'POST',
    path: '/v1/shell/wait',
    tag: 'shell',
    summary: 'Wait for the command of a session',
    description:
      'At most 30 seconds when no time is given. Both names of the time are known. Of a terminal session it waits for the program ' +
      'in the foreground.',
    body: Type.Object({
      id: sessionId,
      seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600 })),
      max_wait_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600 })),
    }),
    response: envelope(Type.Object({ status })),
    errors: ['SESSION_NOT_FOUND'],
  },
  shell_write: {
    method: 'POST',
    path: '/v1/shell/write',
    tag: 'shell',
    summary: 'Type into the running command',
    description: 'In a terminal session also at its prompt. Over 1048576 bytes that nothing has read yet: 429.',
    body: Type.Object({ id: sessionId, input: Type.String({ maxLength: 1_048_576 }), press_enter: Type.Boolean() }),
    response: envelope(Type.Object({ status })),
    errors: ['SESSION_NOT_FOUND', 'CONFLICT', 'TOO_MANY_REQUESTS'],
  },
  shell_kill: {
    method: 'POST',
    path: '/v1/shell/kill',
    tag: 'shell',
    summary: 'Stop the running command',
    description: 'As Ctrl-C does; what does not stop is killed. The session stays.',
    body: Type.Object({ id: sessionId }),
    response: envelope(Type.Object({ status, exit_code: exitCode, returncode: exitCode })),
    errors: ['SESSION_NOT_FOUND'],
  },
  shell_create_session: {
    method: 'POST',
    path: '/v1/shell/sessions/create',
    tag: 'shell',
    summary: 'Create a session, or find the one of this id',
    body: Type.Object({
      id: Type.Optional(sessionId),
      exec_dir: directory,
      no_change_timeout: silence,
      preserve_symlinks: Type.Optional(Type.Boolean({ default: false })),
    }),
    bodyOptional: true,
    response: envelope(Type.Object({ session_id: Type.String(), working_dir: Type.String() })),
    errors: ['SESSION_LIMIT', 'BAD_REQUEST'],
  },
  shell_update_session: {
    method: 'POST',
    path: '/v1/shell/sessions/update',
    tag: 'shell',
    summary: 'Change how long a session waits without output',
    body: Type.Object({ id: sessionId, no_change_timeout: silence }),
    response: envelope(Type.Object({ session_id: Type.String(), no_change_timeout: Type.Optional(Type.Integer()) })),
    errors: ['SESSION_NOT_FOUND', 'CONFLICT'],
  },
  shell_terminal_url: {
    method: 'GET',
    path: '/v1/shell/terminal-url',
    tag: 'shell',
    summary: 'Open a terminal session and get the URL of its page',
    description:
      'The session is a shell with a prompt, and ends SHELL_TERMINAL_IDLE_SECONDS after its last connection. The URL follows the ' +
      'host, scheme and path prefix of the request, also as X-Forwarded-* headers of a gateway tell them. It needs the page ' +
      '/terminal of the sandbox; without that page, its session_id is good for a WebSocket at /v1/shell/ws?session_id=… all the same: ' +
      'JSON text frames, from the server {type: session_id|ready|output|error, data: text} and {type: ping, timestamp}, from the ' +
      'client {type: input, data: text}, {type: resize, data: {cols, rows}} with 1 to 1000 of each and {type: pong, data: ' +
      '{timestamp}}. Without session_id the socket opens a terminal session of its own; with the id of a session for commands it ' +
      'shows those and types into the one that runs. A message has at most 1048576 bytes, a session at most 8 connections.',
    response: envelope(Type.String()),
    errors: ['SESSION_LIMIT'],
  },
  shell_session_stats: {
    method: 'GET',
    path: '/v1/shell/sessions/stats',
    tag: 'shell',
    summary: 'Count the sessions',
    response: envelope(
      Type.Object({
        total_sessions: Type.Integer(),
        active_sessions: Type.Integer({ description: 'Used within the last 5 minutes' }),
        idle_sessions: Type.Integer(),
        max_sessions: Type.Integer(),
        session_timeout: Type.Integer({ description: 'Seconds without use after which a session ends; 0 is never' }),
        usage_ratio: Type.Number(),
      }),
    ),
  },
  shell_list_sessions: {
    method: 'GET',
    path: '/v1/shell/sessions',
    tag: 'shell',
    summary: 'List the sessions by id',
    response: envelope(Type.Object({ sessions: Type.Record(Type.String(), ShellSessionInfo) })),
  },
  shell_delete_sessions: {
    method: 'DELETE',
    path: '/v1/shell/sessions',
    tag: 'shell',
    summary: 'Close every session',
    response: envelope(Type.Object({ closed: Type.Integer() })),
  },
  shell_delete_session: {
    method: 'DELETE',
    path: '/v1/shell/sessions/{session_id}',
    tag: 'shell',
    summary: 'Close a session',
    params: Type.Object({ session_id: sessionId }),
    response: envelope(Type.Object({ session_id: Type.String() })),
    errors: ['SESSION_NOT_FOUND'],
  },
});
