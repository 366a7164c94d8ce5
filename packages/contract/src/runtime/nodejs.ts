import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

export const NODEJS_STATUSES = ['ok', 'error', 'timeout'] as const;
export type NodejsStatus = (typeof NODEJS_STATUSES)[number];

const sessionId = Type.String({ minLength: 1, maxLength: 128, description: 'Id of the session' });
const directory = Type.String({ minLength: 1, maxLength: 4096, description: 'Absolute, or relative to the workspace' });
const version = Type.Optional(
  Type.Enum(['node20', 'node22', 'node24', '20', '22', '24'], {
    description: 'Major version of Node.js; one that is not installed answers 400 with those that are',
  }),
);
const idle = { minimum: 60, maximum: 86_400, description: 'Seconds without use after which the session ends' };
const params = Type.Object({ session_id: sessionId });
const querystring = Type.Object({ version });

export const NodejsOutput = Type.Object({
  output_type: Type.String({ description: 'stream, execute_result or error' }),
  name: Type.Optional(Type.String({ description: 'stdout or stderr' })),
  text: Type.Optional(Type.String()),
  ename: Type.Optional(Type.String()),
  evalue: Type.Optional(Type.String()),
  traceback: Type.Optional(Type.Array(Type.String())),
  data: Type.Optional(Type.Object({}, { additionalProperties: true })),
  metadata: Type.Optional(Type.Object({}, { additionalProperties: true })),
});
export type NodejsOutput = Static<typeof NodejsOutput>;

export const NodejsSessionInfo = Type.Object({
  session_id: Type.String(),
  cwd: Type.String(),
  created_at: Type.Number({ description: 'Milliseconds since 1970' }),
  last_used: Type.Number({ description: 'Milliseconds since 1970' }),
  max_idle_time: Type.Integer({ description: 'Milliseconds, although requests give seconds' }),
  age_seconds: Type.Integer(),
  state: Type.String({ description: 'IDLE or EXECUTING' }),
});
export type NodejsSessionInfo = Static<typeof NodejsSessionInfo>;

export const NodejsPackageInfo = Type.Object({ name: Type.String(), version: Type.String() });
export type NodejsPackageInfo = Static<typeof NodejsPackageInfo>;

export const NodejsExecuteResponse = Type.Object({
  language: Type.Enum(['javascript']),
  status: Type.Enum([...NODEJS_STATUSES]),
  execution_count: Type.Optional(Type.Integer({ description: 'Calls in this session so far' })),
  outputs: Type.Array(NodejsOutput, { default: [] }),
  code: Type.String(),
  stdout: Type.String({ default: '' }),
  stderr: Type.String({ default: '' }),
  exit_code: Type.Integer({ description: 'Of the process, above 128 for a signal; 0, 1 or 124 in a session; 124 is a timeout' }),
  session_id: Type.Optional(Type.String()),
});
export type NodejsExecuteResponse = Static<typeof NodejsExecuteResponse>;

export const nodejsContract = defineContract({
  nodejs_execute: {
    method: 'POST',
    path: '/v1/nodejs/execute',
    tag: 'nodejs',
    summary: 'Run JavaScript, fresh or in a session',
    description:
      'Fresh by default: the code is a file of its own process in a directory of its own that is gone afterwards, or in cwd. ' +
      'require, import and top-level await work. With stateful or a session_id it runs in a session that keeps variables, and ' +
      'the value of the last expression is an execute_result. Calls of one session run one after the other. A fresh ' +
      'run over its time is killed with everything that it started; a session is interrupted, and the hint says how.',
    body: Type.Object({
      code: Type.String({ maxLength: 1_048_576 }),
      timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: 300, default: 30, description: 'Seconds' })),
      stdin: Type.Optional(Type.String({ maxLength: 8_388_608, description: 'What the code reads from standard input' })),
      files: Type.Optional(
        Type.Record(Type.String({ maxLength: 1024 }), Type.String({ maxLength: 8_388_608 }), {
          maxProperties: 256,
          description: 'Text by relative path, written into the directory of the run before it begins',
        }),
      ),
      stateful: Type.Optional(Type.Boolean({ default: false })),
      session_id: Type.Optional(sessionId),
      cwd: Type.Optional(directory),
      version,
    }),
    response: envelope(NodejsExecuteResponse),
    errors: ['BAD_REQUEST', 'SESSION_LIMIT', 'TOO_MANY_REQUESTS', 'TOOL_UNAVAILABLE'],
  },
  nodejs_info: {
    method: 'GET',
    path: '/v1/nodejs/info',
    tag: 'nodejs',
    summary: 'Show versions and packages',
    response: envelope(
      Type.Object({
        node_version: Type.String(),
        npm_version: Type.String(),
        supported_languages: Type.Array(Type.String()),
        description: Type.String(),
        runtime_directory: Type.Optional(Type.String({ description: 'Whose node_modules every run can require' })),
        global_npm_directory: Type.Optional(Type.String()),
        runtime_packages: Type.Array(NodejsPackageInfo, { default: [] }),
        global_packages: Type.Array(NodejsPackageInfo, { default: [] }),
        error: Type.Optional(Type.String()),
        available_versions: Type.Array(Type.String(), { default: [] }),
        current_version: Type.Optional(Type.String()),
      }),
    ),
  },
  nodejs_create_session: {
    method: 'POST',
    path: '/v1/nodejs/sessions',
    tag: 'nodejs',
    summary: 'Create a session, or find the one of this id',
    querystring,
    body: Type.Object({
      session_id: Type.Optional(sessionId),
      cwd: Type.Optional(directory),
      max_idle_time: Type.Optional(Type.Integer({ ...idle, default: 86_400 })),
    }),
    bodyOptional: true,
    response: envelope(
      Type.Object({
        session_id: Type.String(),
        created: Type.Boolean({ description: 'false when it was there already' }),
        message: Type.Optional(Type.String()),
        session: Type.Optional(NodejsSessionInfo),
      }),
    ),
    errors: ['BAD_REQUEST', 'SESSION_LIMIT', 'TOOL_UNAVAILABLE'],
  },
  nodejs_list_sessions: {
    method: 'GET',
    path: '/v1/nodejs/sessions',
    tag: 'nodejs',
    summary: 'List the sessions by id',
    querystring,
    response: envelope(Type.Object({ sessions: Type.Record(Type.String(), NodejsSessionInfo, { default: {} }) })),
    errors: ['BAD_REQUEST'],
  },
  nodejs_get_session: {
    method: 'GET',
    path: '/v1/nodejs/sessions/{session_id}',
    tag: 'nodejs',
    summary: 'Show a session',
    params,
    querystring,
    response: envelope(Type.Object({ session: NodejsSessionInfo })),
    errors: ['BAD_REQUEST', 'SESSION_NOT_FOUND'],
  },
  nodejs_update_session: {
    method: 'PATCH',
    path: '/v1/nodejs/sessions/{session_id}',
    tag: 'nodejs',
    summary: 'Change the idle time or the directory of a session',
    params,
    querystring,
    body: Type.Object({ max_idle_time: Type.Optional(Type.Integer(idle)), cwd: Type.Optional(directory) }),
    bodyOptional: true,
    response: envelope(Type.Object({ updated: Type.Boolean(), session: NodejsSessionInfo })),
    errors: ['BAD_REQUEST', 'SESSION_NOT_FOUND'],
  },
  nodejs_delete_session: {
    method: 'DELETE',
    path: '/v1/nodejs/sessions/{session_id}',
    tag: 'nodejs',
    summary: 'End a session',
    params,
    querystring,
    response: envelope(Type.Object({ deleted: Type.Boolean() })),
    errors: ['BAD_REQUEST', 'SESSION_NOT_FOUND'],
  },
});
