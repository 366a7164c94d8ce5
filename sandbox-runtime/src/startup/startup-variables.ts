import { Type } from 'typebox';

/** A TCP port as text: 1 to 65535. */
const PORT = '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$';

const command = (when: string) => Type.Optional(Type.String({ maxLength: 65_536, description: `bash command that ${when}` }));

/** What happens before the sandbox is ready, and when it stops. */
export const startupVariables = {
  RUN_HOOK_INIT: command('runs first of all, before the home is prepared'),
  RUN_HOOK_PRE_SERVICES: command('runs when home and workspace are there, before the server listens'),
  RUN_HOOK_POST_READY: command('runs in the background as soon as the sandbox is ready'),
  RUN_HOOK_SHUTDOWN: Type.Optional(
    Type.String({ maxLength: 4096, description: 'bash command that runs when the sandbox stops, beside the hooks of the API' }),
  ),
  RUN_HOOK_TIMEOUT_SECONDS: Type.Number({ minimum: 1, maximum: 86_400, default: 300, description: 'time of one start-up hook' }),
  RUN_HOOK_STRICT: Type.Boolean({
    default: false,
    description: 'end with an error when RUN_HOOK_INIT, RUN_HOOK_PRE_SERVICES or WAIT_PORTS fails, rather than start without',
  }),
  WAIT_PORTS: Type.Array(Type.String({ pattern: PORT }), {
    maxItems: 64,
    default: [],
    description:
      'loopback TCP ports that must accept connections before the sandbox is ready; services of its own count as there',
  }),
  // Kubernetes gives a sandbox two minutes to become ready: what takes longer is told here rather than ended from outside.
  STARTUP_TIMEOUT_SECONDS: Type.Number({
    minimum: 1,
    maximum: 86_400,
    default: 100,
    description: 'time of everything before the sandbox is ready: the hooks before it, WAIT_PORTS, WARM_SERVICES_REQUIRED',
  }),
  // Kubernetes gives a pod half a minute to stop: closing sessions has to fit in behind the hooks.
  SHUTDOWN_HOOKS_TIMEOUT_SECONDS: Type.Number({
    minimum: 0,
    maximum: 86_400,
    default: 20,
    description: 'time of all shutdown hooks together',
  }),
} as const;
