import { Type } from 'typebox';

/** Sessions and terminals of the shell. */
export const shellVariables = {
  MAX_SHELL_SESSIONS: Type.Integer({ minimum: 1, maximum: 10_000, default: 64, description: 'shell sessions at once' }),
  SHELL_TERMINAL_IDLE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 604_800,
    default: 1800,
    description: 'seconds without a connection after which a terminal session ends',
  }),
  MAX_TERMINAL_SOCKETS: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 64,
    description: 'connections to terminals at once',
  }),
} as const;
