import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

export const CODE_LANGUAGES = ['python', 'javascript'] as const;
export type CodeLanguage = (typeof CODE_LANGUAGES)[number];

/** Every name that a language may be asked for by. */
export const CODE_LANGUAGE_NAMES = ['python', 'javascript', 'py', 'python3', 'js', 'node', 'nodejs'] as const;

const seconds = { minimum: 1, maximum: 300 };

export const CodeExecuteResponse = Type.Object({
  language: Type.Enum([...CODE_LANGUAGES], { description: 'The language itself, also when it was asked for by a short name' }),
  status: Type.String({ description: 'ok, error or timeout' }),
  outputs: Type.Array(Type.Object({}, { additionalProperties: true }), {
    description: 'stream {name, text}, execute_result and display_data {data}, error {ename, evalue, traceback}',
  }),
  code: Type.String(),
  stdout: Type.Optional(Type.String()),
  stderr: Type.Optional(Type.String({ description: 'Standard error; the text of an error that nothing caught is in it too' })),
  exit_code: Type.Optional(Type.Integer({ description: '0 ok, 1 error, 124 timeout; the exit code of JavaScript that exits' })),
  traceback: Type.Optional(Type.Array(Type.String())),
  session_id: Type.Optional(Type.String({ description: 'Only when state is kept' })),
});
export type CodeExecuteResponse = Static<typeof CodeExecuteResponse>;

export const CodeLanguageInfo = Type.Object({
  language: Type.Enum([...CODE_LANGUAGES]),
  description: Type.String(),
  runtime_version: Type.Optional(Type.String()),
  default_timeout: Type.Integer({ ...seconds, default: 30, description: 'Seconds' }),
  max_timeout: Type.Integer({ ...seconds, default: 300, description: 'Seconds' }),
  details: Type.Object({}, { additionalProperties: true }),
});
export type CodeLanguageInfo = Static<typeof CodeLanguageInfo>;

export const codeContract = defineContract({
  code_execute: {
    method: 'POST',
    path: '/v1/code/execute',
    tag: 'code',
    summary: 'Run Python or JavaScript',
    description:
      'Nothing is kept by default. With stateful or a session_id variables stay for the next call with that id. The value of ' +
      'the last expression is an output. Python runs in a Jupyter kernel, JavaScript in Node.js.',
    body: Type.Object({
      language: Type.Enum([...CODE_LANGUAGE_NAMES]),
      code: Type.String({ maxLength: 1_048_576 }),
      timeout: Type.Optional(Type.Integer({ ...seconds, description: 'Seconds; 30 when left out' })),
      cwd: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description: 'Absolute, or relative to the workspace' })),
      stateful: Type.Optional(Type.Boolean({ default: false })),
      session_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    }),
    response: envelope(CodeExecuteResponse),
    errors: ['BAD_REQUEST', 'SESSION_LIMIT', 'TOO_MANY_REQUESTS', 'TOOL_UNAVAILABLE'],
  },
  code_info: {
    method: 'GET',
    path: '/v1/code/info',
    tag: 'code',
    summary: 'List the languages',
    response: envelope(Type.Object({ languages: Type.Array(CodeLanguageInfo) })),
  },
});
