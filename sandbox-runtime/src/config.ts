import { ConfigError, LOG_LEVELS } from '@sandfleet/server-kit';
import { Type, type Static } from 'typebox';

/** A TCP port as text: 1 to 65535. */
const PORT = '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$';

const command = (when: string) => Type.Optional(Type.String({ maxLength: 65_536, description: `bash command that ${when}` }));

/** The variables that the runtime reads; the names that others gave them first are kept. */
export const ConfigSchema = Type.Object({
  PUBLIC_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080, description: 'port of everything' }),
  HOST: Type.String({ default: '0.0.0.0', description: 'address to listen on' }),
  JWT_PUBLIC_KEY: Type.Optional(Type.String({ description: 'base64 of a PEM public key; without it nobody needs a token' })),
  SANDFLEET_TOKEN_AUDIENCE: Type.Optional(Type.String({ description: 'audience that a token must have' })),
  HOME: Type.String({ default: '/home/gem', description: 'home directory' }),
  WORKSPACE: Type.Optional(
    Type.String({ description: 'directory that relative paths and new sessions begin in; the home directory when left out' }),
  ),
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
  MAX_FILE_SEARCHES: Type.Integer({ minimum: 1, maximum: 1000, default: 4, description: 'finds, greps and globs at once' }),
  MAX_UPLOAD_BYTES: Type.Integer({
    minimum: 0,
    default: 0,
    description: 'bytes of an uploaded file; 0 is no limit but the disk',
  }),
  MAX_NODEJS_SESSIONS: Type.Integer({ minimum: 1, maximum: 1000, default: 16, description: 'Node.js sessions at once' }),
  SANDFLEET_NODEJS_RUNS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 8,
    description: 'Node.js runs without a session at once',
  }),
  SANDFLEET_NODEJS_OUTPUT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 268_435_456,
    default: 10_485_760,
    description: 'bytes of standard output, and of standard error, that the answer of one Node.js run holds',
  }),
  MAX_BASH_SESSIONS: Type.Integer({ minimum: 1, maximum: 10_000, default: 64, description: 'bash sessions at once' }),
  MAX_BASH_COMMANDS: Type.Integer({ minimum: 1, maximum: 10_000, default: 128, description: 'bash commands that run at once' }),
  BASH_FINISHED_COMMANDS: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 100,
    description: 'finished commands that each bash session keeps',
  }),
  BASH_OUTPUT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 256 * 1024 * 1024,
    default: 16 * 1024 * 1024,
    description: 'bytes kept of each stream of a bash command, the last ones',
  }),
  BASH_TOTAL_OUTPUT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 4 * 1024 * 1024 * 1024,
    default: 64 * 1024 * 1024,
    description: 'bytes kept of all bash commands together',
  }),
  BASH_KILL_GRACE_SECONDS: Type.Number({
    minimum: 0,
    maximum: 600,
    default: 3,
    description: 'what a bash command gets to end by itself before it is killed',
  }),
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
    description: 'time of everything before the sandbox is ready: the hooks before it and WAIT_PORTS',
  }),
  // Kubernetes gives a pod half a minute to stop: closing sessions has to fit in behind the hooks.
  SHUTDOWN_HOOKS_TIMEOUT_SECONDS: Type.Number({
    minimum: 0,
    maximum: 86_400,
    default: 20,
    description: 'time of all shutdown hooks together',
  }),
  OBSERVE_MAX_REPORTS: Type.Integer({ minimum: 1, maximum: 1000, default: 16, description: 'observation reports that are kept' }),
  SANDFLEET_PYTHON: Type.String({ default: 'python3', description: 'interpreter of the programs in SANDFLEET_PYTHON_DIR' }),
  SANDFLEET_PYTHON_DIR: Type.String({ default: '/opt/sandfleet/python', description: 'Python programs of the runtime itself' }),
  SANDFLEET_MAX_CONVERSIONS: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 2,
    description: 'conversions to Markdown at once',
  }),
  SANDFLEET_CONVERT_SECONDS: Type.Number({ minimum: 1, maximum: 3600, default: 60, description: 'time of one conversion' }),
  SANDFLEET_CONVERT_MEMORY_MB: Type.Integer({
    minimum: 256,
    maximum: 65_536,
    default: 2048,
    description: 'address space of one conversion, of which most is never touched',
  }),
  AIO_SKILLS_PATH: Type.Optional(Type.String({ description: 'directory whose skills are registered from the start' })),
  SANDFLEET_MAX_SKILLS: Type.Integer({ minimum: 1, maximum: 10_000, default: 256, description: 'skills registered at once' }),
  SANDFLEET_SKILL_UPLOAD_MB: Type.Integer({ minimum: 1, maximum: 4096, default: 100, description: 'size of a skill archive' }),
  SANDFLEET_SKILL_INSTALL_SECONDS: Type.Number({
    minimum: 1,
    maximum: 3600,
    default: 300,
    description: 'time of all dependency installs of one registration',
  }),
  SANDFLEET_ASSETS_DIR: Type.Optional(
    Type.String({
      description: 'directory with swagger-ui.css and swagger-ui-bundle.js; looked for beside the program when left out',
    }),
  ),
  EDITOR_HISTORY_BYTES: Type.Integer({
    minimum: 0,
    maximum: 4_294_967_296,
    default: 67_108_864,
    description: 'bytes of old file contents that the editor keeps to undo its edits',
  }),
  MAX_JUPYTER_SESSIONS: Type.Integer({ minimum: 1, maximum: 1000, default: 16, description: 'kernels of sessions at once' }),
  MAX_UNNAMED_JUPYTER_SESSIONS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 4,
    description: 'sessions at once that were made without an id and never used again',
  }),
  JUPYTER_SESSION_TIMEOUT_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 2_000_000,
    default: 1800,
    description: 'seconds without use after which a kernel session ends',
  }),
  JUPYTER_IDLE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 2_000_000,
    default: 300,
    description: 'seconds without any kernel session after which the host of the kernels ends',
  }),
  JUPYTER_WARM_KERNELS: Type.Integer({
    minimum: 0,
    maximum: 16,
    default: 1,
    description: 'unused kernels that are kept ready once the first was asked for',
  }),
  JUPYTER_OUTPUT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 104_857_600,
    default: 10_485_760,
    description: 'size of the outputs that one execution keeps',
  }),
  MAX_FILE_WATCHERS: Type.Integer({ minimum: 1, maximum: 10_000, default: 64, description: 'file watchers at once' }),
  MAX_WATCHED_DIRECTORIES: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 20_000,
    description: 'directories that all file watchers together watch',
  }),
  FILE_WATCH_IDLE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 2_000_000,
    default: 1800,
    description: 'seconds without a reader after which a file watcher ends',
  }),
  TZ: Type.String({ default: 'UTC', description: 'time zone' }),
  LOG_LEVEL: Type.Enum([...LOG_LEVELS], { default: 'info' }),
});
export type Config = Readonly<Static<typeof ConfigSchema>>;

/**
 * Whoever asks for a guard by other means than the one there is must not get an open door.
 *
 * @throws ConfigError
 */
export function refuseOpenDoor(config: Config, env: Readonly<Record<string, string | undefined>>): void {
  if (config.JWT_PUBLIC_KEY !== undefined) return;
  if (config.SANDFLEET_TOKEN_AUDIENCE !== undefined)
    throw new ConfigError('SANDFLEET_TOKEN_AUDIENCE is set without JWT_PUBLIC_KEY: no token could be verified');
  for (const name of ['SANDBOX_API_KEY', 'SANDBOX_JWT_PUBLIC_KEY']) {
    if ((env[name] ?? '') !== '') throw new ConfigError(`${name} is not supported; set JWT_PUBLIC_KEY instead`);
  }
}

/** Variables for the server alone: what runs in the sandbox sees neither keys nor settings of its keeper. */
const OWN = new Set([
  'JWT_PUBLIC_KEY',
  'SANDBOX_JWT_PUBLIC_KEY',
  'SANDBOX_API_KEY',
  'AUTH_TOKEN',
  'PUBLIC_PORT',
  'HOST',
  'LOG_LEVEL',
  'MAX_SHELL_SESSIONS',
  'SHELL_TERMINAL_IDLE_SECONDS',
  'MAX_TERMINAL_SOCKETS',
  'MAX_FILE_SEARCHES',
  'MAX_UPLOAD_BYTES',
  'MAX_NODEJS_SESSIONS',
  'MAX_BASH_SESSIONS',
  'MAX_BASH_COMMANDS',
  'BASH_FINISHED_COMMANDS',
  'BASH_OUTPUT_BYTES',
  'BASH_TOTAL_OUTPUT_BYTES',
  'BASH_KILL_GRACE_SECONDS',
  'EDITOR_HISTORY_BYTES',
  'MAX_JUPYTER_SESSIONS',
  'MAX_UNNAMED_JUPYTER_SESSIONS',
  'JUPYTER_SESSION_TIMEOUT_SECONDS',
  'JUPYTER_IDLE_SECONDS',
  'JUPYTER_WARM_KERNELS',
  'JUPYTER_OUTPUT_BYTES',
  'MAX_FILE_WATCHERS',
  'MAX_WATCHED_DIRECTORIES',
  'FILE_WATCH_IDLE_SECONDS',
  'RUN_HOOK_INIT',
  'RUN_HOOK_PRE_SERVICES',
  'RUN_HOOK_POST_READY',
  'RUN_HOOK_SHUTDOWN',
  'RUN_HOOK_TIMEOUT_SECONDS',
  'RUN_HOOK_STRICT',
  'WAIT_PORTS',
  'STARTUP_TIMEOUT_SECONDS',
  'SHUTDOWN_HOOKS_TIMEOUT_SECONDS',
  'OBSERVE_MAX_REPORTS',
  'NODE_OPTIONS',
  'NODE_COMPILE_CACHE',
  'MALLOC_ARENA_MAX',
]);

export type Environment = Readonly<Record<string, string>>;

/** The environment that every process of the user starts with. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>>, config: Config): Environment {
  const inherited = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !OWN.has(entry[0]) && !entry[0].startsWith('SANDFLEET_'),
  );
  return {
    LANG: 'C.UTF-8',
    USER: 'gem',
    ...Object.fromEntries(inherited),
    HOME: config.HOME,
    WORKSPACE: workspaceOf(config),
    TZ: config.TZ,
  };
}

export const workspaceOf = (config: Config): string => config.WORKSPACE ?? config.HOME;
