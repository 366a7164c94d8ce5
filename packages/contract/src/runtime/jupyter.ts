import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

export const JUPYTER_STATUSES = ['ok', 'error', 'timeout'] as const;
export type JupyterStatus = (typeof JUPYTER_STATUSES)[number];

const sessionId = Type.String({ minLength: 1, maxLength: 128, description: 'Id of the session' });
const kernelName = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 128,
    description: 'python3, or python3.11 and the like as installed; python is the default kernel',
  }),
);
const directory = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 4096,
    description: 'Absolute, or relative to the workspace; a session begins in the workspace and stays where it was put last',
  }),
);

export const JupyterOutput = Type.Object({
  output_type: Type.String({ description: 'stream, display_data, execute_result or error' }),
  name: Type.Optional(Type.String({ description: 'stdout or stderr, of a stream' })),
  text: Type.Optional(
    Type.String({
      description:
        'What was printed, the plain form of a value, or the traceback; consecutive writes to one stream are one output',
    }),
  ),
  data: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Representations by media type' })),
  metadata: Type.Optional(Type.Object({}, { additionalProperties: true })),
  execution_count: Type.Optional(Type.Integer()),
  ename: Type.Optional(Type.String({ description: 'Name of the error; KernelDied when the kernel itself ended' })),
  evalue: Type.Optional(Type.String()),
  traceback: Type.Optional(Type.Array(Type.String())),
});
/** The schema's open objects, of which their static types say nothing. */
export type JupyterOutput = Omit<Static<typeof JupyterOutput>, 'data' | 'metadata'> & {
  data?: Readonly<Record<string, unknown>>;
  metadata?: Readonly<Record<string, unknown>>;
};

export const JupyterSessionInfo = Type.Object({
  kernel_name: Type.String(),
  last_used: Type.Number({ description: 'Seconds since 1970' }),
  age_seconds: Type.Integer({ description: 'Since the session was made' }),
});
export type JupyterSessionInfo = Static<typeof JupyterSessionInfo>;

export const jupyterContract = defineContract({
  jupyter_execute: {
    method: 'POST',
    path: '/v1/jupyter/execute',
    tag: 'jupyter',
    summary: 'Run Python in a kernel',
    description:
      'A session_id that is not there is created; without one a session is made and its id answered: of those, the last few ' +
      'stay. Code of one session runs in order. At the timeout, counted from when the code begins, the code is interrupted and ' +
      'the session stays usable; where the interrupt does not help the kernel is ended, and the hint says that. ' +
      'The same happens to the code of a client that hangs up. There is no standard input: input() is an error. ' +
      'Output over the limit is left out, with an output that says so.',
    body: Type.Object({
      code: Type.String({ maxLength: 1_048_576 }),
      timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: 300, default: 30, description: 'Seconds' })),
      kernel_name: kernelName,
      session_id: Type.Optional(sessionId),
      cwd: directory,
    }),
    response: envelope(
      Type.Object({
        kernel_name: Type.String(),
        session_id: Type.Optional(Type.String()),
        status: Type.Enum([...JUPYTER_STATUSES]),
        execution_count: Type.Optional(Type.Integer()),
        outputs: Type.Array(JupyterOutput),
        code: Type.String(),
        msg_id: Type.Optional(Type.String({ description: "Id of the kernel's request message" })),
      }),
    ),
    errors: ['BAD_REQUEST', 'CONFLICT', 'SESSION_LIMIT', 'TOOL_UNAVAILABLE'],
  },
  jupyter_info: {
    method: 'GET',
    path: '/v1/jupyter/info',
    tag: 'jupyter',
    summary: 'Kernels and limits',
    response: envelope(
      Type.Object({
        default_kernel: Type.String({ description: 'Empty when no kernel can run' }),
        available_kernels: Type.Array(Type.String()),
        active_sessions: Type.Integer(),
        session_timeout_seconds: Type.Integer({ description: 'Seconds without use after which a session ends' }),
        max_sessions: Type.Integer(),
        description: Type.String(),
        kernel_detection: Type.String({ description: 'How the kernels were found, and what is missing when there is none' }),
      }),
    ),
  },
  jupyter_list_sessions: {
    method: 'GET',
    path: '/v1/jupyter/sessions',
    tag: 'jupyter',
    summary: 'List the sessions by id',
    response: envelope(Type.Object({ sessions: Type.Record(Type.String(), JupyterSessionInfo) })),
  },
  jupyter_delete_sessions: {
    method: 'DELETE',
    path: '/v1/jupyter/sessions',
    tag: 'jupyter',
    summary: 'Close every session',
    response: envelope(Type.Object({ closed: Type.Integer() })),
  },
  jupyter_delete_session: {
    method: 'DELETE',
    path: '/v1/jupyter/sessions/{session_id}',
    tag: 'jupyter',
    summary: 'Close a session and end its kernel',
    params: Type.Object({ session_id: sessionId }),
    response: envelope(Type.Object({ session_id: Type.String() })),
    errors: ['SESSION_NOT_FOUND'],
  },
  jupyter_create_session: {
    method: 'POST',
    path: '/v1/jupyter/sessions/create',
    tag: 'jupyter',
    summary: 'Start a session, or find the one of this id',
    body: Type.Object({ session_id: Type.Optional(sessionId), kernel_name: kernelName, cwd: directory }),
    bodyOptional: true,
    response: envelope(Type.Object({ session_id: Type.String(), kernel_name: Type.String(), message: Type.String() })),
    errors: ['BAD_REQUEST', 'CONFLICT', 'SESSION_LIMIT', 'TOOL_UNAVAILABLE'],
  },
});
