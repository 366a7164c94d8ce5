import { ConfigError, LOG_LEVELS } from '@sandfleet/server-kit';
import { Type, type Static } from 'typebox';

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
  'NODE_OPTIONS',
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
