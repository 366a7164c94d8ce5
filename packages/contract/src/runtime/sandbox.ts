import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';

const ToolSpec = Type.Object({
  ver: Type.Optional(Type.String()),
  bin: Type.Optional(Type.String()),
  alias: Type.Array(Type.String()),
});

export const SandboxDetail = Type.Object({
  system: Type.Object({
    os: Type.String(),
    os_version: Type.String(),
    arch: Type.String(),
    user: Type.String(),
    home_dir: Type.String(),
    workspace: Type.Optional(Type.String()),
    timezone: Type.String(),
    occupied_ports: Type.Array(Type.String(), { description: 'TCP ports that something in the sandbox listens on' }),
  }),
  runtime: Type.Object({ python: Type.Array(ToolSpec), nodejs: Type.Array(ToolSpec) }),
  utils: Type.Array(
    Type.Object({
      category: Type.String(),
      tools: Type.Array(Type.Object({ name: Type.String(), description: Type.Optional(Type.String()) })),
    }),
  ),
});
export type SandboxDetail = Static<typeof SandboxDetail>;

export const sandboxContract = defineContract({
  ping: {
    method: 'GET',
    path: '/v1/ping',
    tag: 'sandbox',
    summary: 'Whether the sandbox is ready',
    description: '503 while it starts.',
    produces: 'text/plain',
    open: true,
    errors: ['NOT_READY'],
  },
  sandbox_context: {
    method: 'GET',
    path: '/v1/sandbox',
    tag: 'sandbox',
    summary: 'Describe the environment',
    description: '`data` is a text for an agent; the same facts stand beside the envelope as fields.',
    response: Type.Object({
      success: Type.Boolean(),
      message: Type.String(),
      data: Type.String(),
      home_dir: Type.String(),
      workspace: Type.Optional(Type.String()),
      version: Type.String(),
      detail: SandboxDetail,
    }),
  },
});
