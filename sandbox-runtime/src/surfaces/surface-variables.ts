import { Type } from 'typebox';

/** Pages, and programs in the sandbox that are reached through the server. */
export const surfaceVariables = {
  SANDFLEET_ASSETS_DIR: Type.Optional(
    Type.String({
      description: 'directory with swagger-ui.css and swagger-ui-bundle.js; looked for beside the program when left out',
    }),
  ),
  SANDFLEET_MAX_CARRIED: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 512,
    description: 'requests and WebSockets to programs in the sandbox (previews, editors, DevTools) at once',
  }),
  SANDFLEET_CARRY_CONNECT_SECONDS: Type.Number({
    minimum: 0.1,
    maximum: 600,
    default: 5,
    description: 'what a program in the sandbox gets to take a connection',
  }),
  SANDFLEET_CARRY_HEAD_SECONDS: Type.Number({
    minimum: 0.1,
    maximum: 86_400,
    default: 300,
    description: 'what a program in the sandbox gets to begin its answer',
  }),
  SANDFLEET_PAGE_HOLD_SECONDS: Type.Number({
    minimum: 0,
    maximum: 600,
    default: 15,
    description: 'how long a page waits for its editor to start before it tells so and asks again',
  }),
  MAX_VNC_SOCKETS: Type.Integer({ minimum: 1, maximum: 1000, default: 16, description: 'viewers of the screen at once' }),
  MAX_RECORD_SECONDS: Type.Number({
    minimum: 1,
    maximum: 86_400,
    default: 14_400,
    description: 'seconds that a recording of the screen takes at most',
  }),
  MAX_RECORD_BYTES: Type.Integer({
    minimum: 1024 * 1024,
    default: 4 * 1024 ** 3,
    description: 'bytes of a recording of the screen, which ends there',
  }),
  SANDFLEET_PAGES_DIR: Type.Optional(
    Type.String({ description: 'directory with the built pages; looked for beside the program when left out' }),
  ),
} as const;
