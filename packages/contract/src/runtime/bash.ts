import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';
import { NO_NUL } from './no-nul.ts';

export const BASH_STATUSES = ['pending', 'running', 'completed', 'timed_out', 'killed'] as const;
export type BashStatus = (typeof BASH_STATUSES)[number];

export const BASH_SIGNALS = ['SIGTERM', 'SIGKILL', 'SIGINT'] as const;
export type BashSignal = (typeof BASH_SIGNALS)[number];

/** Clients that keep ids in text send an empty one for none. */
const optionalSessionId = (description: string) => Type.Optional(Type.String({ maxLength: 128, description }));
const sessionId = Type.String({ minLength: 1, maxLength: 128, description: 'Id of the session' });
const commandId = (otherwise: string) =>
  Type.Optional(Type.String({ maxLength: 128, description: `A command of the session; when left out, ${otherwise}` }));
const path = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 4096, pattern: NO_NUL, description }));
const offset = (stream: string) =>
  Type.Optional(
    Type.Integer({ minimum: 0, default: 0, description: `Byte of ${stream} to read from: the one that the last answer gave` }),
  );
const reached = (stream: string) =>
  Type.Integer({ default: 0, description: `Byte of ${stream} behind what this answer has of it` });

const status = Type.Enum([...BASH_STATUSES]);
const exitCode = Type.Optional(Type.Integer({ description: "The command's, or 128 and the signal that ended it" }));

export const BashExecResult = Type.Object({
  session_id: Type.String(),
  command_id: Type.String(),
  command: Type.String(),
  status,
  stdout: Type.Optional(Type.String()),
  stderr: Type.Optional(Type.String()),
  exit_code: exitCode,
  offset: reached('stdout'),
  stderr_offset: reached('stderr'),
});
export type BashExecResult = Static<typeof BashExecResult>;

export const BashCommandInfo = Type.Object({
  command_id: Type.String(),
  command: Type.String(),
  status,
  exit_code: exitCode,
});
export type BashCommandInfo = Static<typeof BashCommandInfo>;

export const BashSessionInfo = Type.Object({
  session_id: Type.String(),
  status: Type.Enum(['ready', 'closed']),
  working_dir: Type.String(),
  created_at: Type.String(),
  last_used_at: Type.String(),
  current_command: Type.Optional(Type.String({ description: 'The latest command that runs' })),
  command_count: Type.Integer({ default: 0 }),
});
export type BashSessionInfo = Static<typeof BashSessionInfo>;

export const bashContract = defineContract({
  bash_exec: {
    method: 'POST',
    path: '/v1/bash/exec',
    tag: 'bash',
    summary: 'Run a command in a bash of its own, with output and errors apart',
    description:
      'Each command is a new bash; what one sets or where it goes (export, cd) does not carry over. A session keeps the ' +
      'directory, the snapshot and the commands; several of its commands may run at once. Without a session_id a session is ' +
      'made, and so it is for an id that is not there. The answer comes when the command ends, at once with async_mode, or with ' +
      'status running when timeout is over: the command then goes on. hard_timeout ends it and all that it started. A command ' +
      'that reads its input waits for write. Programs in the background live on; the answer waits for their output no longer ' +
      'than a moment. Output beyond what is kept goes, oldest first; the hint says so.',
    body: Type.Object({
      session_id: optionalSessionId('Id of the session'),
      command: Type.String({ minLength: 1, maxLength: 1_048_576, pattern: NO_NUL }),
      exec_dir: path(
        'Directory to run in, absolute or relative to the workspace; the session keeps it for the commands that follow',
      ),
      env: Type.Optional(
        Type.Record(
          Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,254}$' }),
          // Published clients may send null for a value; `nullable` is how the validator spells that beside one plain type.
          Type.Unsafe<string | null>({ type: 'string', nullable: true, maxLength: 131_072, pattern: NO_NUL }),
          {
            maxProperties: 256,
            additionalProperties: false,
            description: 'Variables for this command alone; null takes one out',
          },
        ),
      ),
      async_mode: Type.Optional(Type.Boolean({ default: false, description: 'Answer at once' })),
      timeout: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400, description: 'Seconds to wait for the end' })),
      hard_timeout: Type.Optional(
        Type.Number({ exclusiveMinimum: 0, maximum: 86_400, description: 'Seconds after which the command is ended' }),
      ),
      max_output_length: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 1_000_000_000,
          default: 50_000,
          description: 'Characters of stdout and of stderr over which the middle is cut out of a waiting answer; 0 is never',
        }),
      ),
    }),
    response: envelope(BashExecResult),
    errors: ['BAD_REQUEST', 'SESSION_LIMIT', 'TOO_MANY_REQUESTS'],
  },
  bash_output: {
    method: 'POST',
    path: '/v1/bash/output',
    tag: 'bash',
    summary: 'Read what a command wrote since the last time',
    description:
      'Offsets count bytes. A letter is never split between two answers; bytes that are no UTF-8 come as U+FFFD. With wait the ' +
      'answer comes when there is something new, when the command ends, or when wait_timeout is over.',
    body: Type.Object({
      session_id: sessionId,
      command_id: commandId('the latest'),
      offset: offset('stdout'),
      stderr_offset: offset('stderr'),
      wait: Type.Optional(Type.Boolean({ default: false })),
      wait_timeout: Type.Optional(Type.Number({ minimum: 0, maximum: 3600, default: 30, description: 'Seconds' })),
    }),
    response: envelope(
      Type.Object({
        session_id: Type.String(),
        stdout: Type.String({ default: '' }),
        stderr: Type.String({ default: '' }),
        offset: reached('stdout'),
        stderr_offset: reached('stderr'),
        command: Type.Optional(BashCommandInfo),
      }),
    ),
    errors: ['SESSION_NOT_FOUND', 'COMMAND_NOT_FOUND'],
  },
  bash_write: {
    method: 'POST',
    path: '/v1/bash/write',
    tag: 'bash',
    summary: "Write to a command's standard input",
    description: 'As it is: a newline is the caller’s to send. With eof the input ends after it, as by Ctrl-D in a terminal.',
    body: Type.Object({
      session_id: sessionId,
      command_id: commandId('the latest that runs'),
      input: Type.String({ maxLength: 1_048_576 }),
      eof: Type.Optional(Type.Boolean({ default: false, description: 'Close the standard input after this' })),
    }),
    response: envelope(
      Type.Object({ session_id: Type.String(), command_id: Type.String(), bytes_written: Type.Integer(), eof: Type.Boolean() }),
    ),
    errors: ['SESSION_NOT_FOUND', 'COMMAND_NOT_FOUND', 'CONFLICT', 'TOO_MANY_REQUESTS'],
  },
  bash_kill: {
    method: 'POST',
    path: '/v1/bash/kill',
    tag: 'bash',
    summary: 'Stop a command and all that it started',
    description:
      'The answer comes when they are gone: what does not heed SIGINT gets SIGTERM after some seconds, and SIGKILL at last. ' +
      'Where nothing runs, nothing is done.',
    body: Type.Object({
      session_id: sessionId,
      command_id: commandId('the latest that runs'),
      signal: Type.Optional(Type.Enum([...BASH_SIGNALS], { default: 'SIGTERM' })),
    }),
    response: envelope(
      Type.Object({
        session_id: Type.String(),
        command_id: Type.Optional(Type.String()),
        signal: Type.String(),
        status: Type.Optional(status),
        exit_code: exitCode,
      }),
    ),
    errors: ['SESSION_NOT_FOUND', 'COMMAND_NOT_FOUND'],
  },
  bash_list_sessions: {
    method: 'GET',
    path: '/v1/bash/sessions',
    tag: 'bash',
    summary: 'List the sessions',
    response: envelope(Type.Array(BashSessionInfo)),
  },
  bash_create_session: {
    method: 'POST',
    path: '/v1/bash/sessions/create',
    tag: 'bash',
    summary: 'Create a session, or find the one of this id',
    description: 'What is given of a session that is there replaces what it had.',
    body: Type.Object({
      session_id: optionalSessionId('Id of the session; one is made when it is left out'),
      exec_dir: path('Directory of its commands, absolute or relative to the workspace; the workspace when left out'),
      snapshot_path: path('Script that each command of the session sources first'),
    }),
    bodyOptional: true,
    response: envelope(BashSessionInfo),
    errors: ['SESSION_LIMIT', 'BAD_REQUEST'],
  },
  bash_close_session: {
    method: 'POST',
    path: '/v1/bash/sessions/{session_id}/close',
    tag: 'bash',
    summary: 'Close a session and end the commands that run in it',
    description: 'What its finished commands left in the background lives on.',
    params: Type.Object({ session_id: sessionId }),
    response: envelope(
      Type.Object({ session_id: Type.String(), status: Type.Enum(['closed']), killed_commands: Type.Integer() }),
    ),
    errors: ['SESSION_NOT_FOUND'],
  },
});
