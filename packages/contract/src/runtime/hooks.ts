import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';
import { NO_NUL } from './no-nul.ts';

const name = Type.String({
  maxLength: 64,
  pattern: '^[a-zA-Z0-9_-]+$',
  description: 'Name of the hook; one that the API set before under this name is replaced',
});
const event = Type.Enum(['shutdown'], { default: 'shutdown', description: 'When the hook runs' });
const command = Type.String({ maxLength: 4096, pattern: NO_NUL, description: 'What bash runs, in the workspace' });
const timeout = Type.Number({
  exclusiveMinimum: 0,
  maximum: 3600,
  default: 10,
  description:
    'Seconds that the hook may take before it and all that it started are killed; the whole shutdown has its own limit',
});
const priority = Type.Integer({
  minimum: -1_000_000,
  maximum: 1_000_000,
  default: 100,
  description: 'Lower numbers run first, equal ones at the same time',
});

export const SandboxHook = Type.Object({
  name: Type.String(),
  event,
  command,
  timeout,
  priority,
  source: Type.Enum(['api', 'env'], { default: 'api', description: 'env: set by RUN_HOOK_SHUTDOWN; it can’t be changed here' }),
});
export type SandboxHook = Static<typeof SandboxHook>;

export const hooksContract = defineContract({
  sandbox_register_hook: {
    method: 'POST',
    path: '/v1/sandbox/hooks',
    tag: 'sandbox',
    summary: 'Set a shutdown hook',
    description:
      'A command that runs when the sandbox stops, before any session is closed. Hooks do not outlive the server: a sandbox that ' +
      'starts again has none but that of its environment.',
    body: Type.Object({
      name,
      event: Type.Optional(event),
      command,
      timeout: Type.Optional(timeout),
      priority: Type.Optional(priority),
    }),
    response: envelope(SandboxHook),
    errors: ['CONFLICT'],
  },
  sandbox_list_hooks: {
    method: 'GET',
    path: '/v1/sandbox/hooks',
    tag: 'sandbox',
    summary: 'List the hooks of an event',
    description: 'In the order in which they run.',
    querystring: Type.Object({ event: Type.Optional(event) }),
    response: envelope(Type.Array(SandboxHook)),
  },
  sandbox_remove_hook: {
    method: 'DELETE',
    path: '/v1/sandbox/hooks/{name}',
    tag: 'sandbox',
    summary: 'Remove a hook that was set here',
    description: 'Answers with the hook that was removed. One of the environment can’t be removed: 409.',
    params: Type.Object({ name }),
    response: envelope(SandboxHook),
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
});
