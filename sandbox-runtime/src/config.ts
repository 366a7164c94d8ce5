import { LOG_LEVELS } from '@sandfleet/server-kit';
import { Type, type Static } from 'typebox';

import { authVariables } from './server/auth/auth-config.ts';
import { SERVICE_VARIABLES } from './services/service-variables.ts';
import { proxyVariables } from './tools/proxy/proxy-variables.ts';
import { shellVariables } from './tools/shell/shell-variables.ts';
import { bashVariables } from './tools/bash/bash-variables.ts';
import { nodejsVariables } from './tools/nodejs/nodejs-variables.ts';
import { jupyterVariables } from './tools/jupyter/jupyter-variables.ts';
import { fileVariables } from './tools/file/file-variables.ts';
import { mcpVariables } from './tools/mcp/mcp-variables.ts';
import { browserVariables } from './tools/browser/browser-variables.ts';
import { surfaceVariables } from './surfaces/surface-variables.ts';
import { startupVariables } from './startup/startup-variables.ts';
import { toolVariables } from './tools/tool-variables.ts';

/** The variables that the runtime reads; the names that others gave them first are kept. */
export const ConfigSchema = Type.Object({
  PUBLIC_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080, description: 'port of everything' }),
  HOST: Type.String({ default: '0.0.0.0', description: 'address to listen on' }),
  ...authVariables,
  HOME: Type.String({ default: '/home/gem', description: 'home directory' }),
  WORKSPACE: Type.Optional(
    Type.String({ description: 'directory that relative paths and new sessions begin in; the home directory when left out' }),
  ),
  ...SERVICE_VARIABLES,
  ...proxyVariables,
  ...shellVariables,
  ...bashVariables,
  ...nodejsVariables,
  ...jupyterVariables,
  ...fileVariables,
  ...mcpVariables,
  ...browserVariables,
  ...surfaceVariables,
  ...startupVariables,
  ...toolVariables,
  TZ: Type.String({ default: 'UTC', description: 'time zone' }),
  LOG_LEVEL: Type.Enum([...LOG_LEVELS], { default: 'info' }),
});
export type Config = Readonly<Static<typeof ConfigSchema>>;

/** Variables that mean something to programs in the sandbox as well. */
const SHARED = new Set([
  'HOME',
  'WORKSPACE',
  'TZ',
  'AIO_SKILLS_PATH',
  'HOMEPAGE',
  'BROWSER_LANG',
  'CHROME_UI_LANG',
  'BROWSER_USER_AGENT',
  'BROWSER_ALLOW_FILE_SELECTION_DIALOGS',
  'DNS_OVER_HTTPS_TEMPLATES',
  'DISABLE_BROWSER',
  'DISABLE_VNC',
  'DISABLE_JUPYTER',
  'DISABLE_CODE_SERVER',
]);
/** How the server itself is run. */
const OF_THE_SERVER = ['NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX', 'CHROMIUM_FLAGS'];
/** Variables for the server alone: what runs in the sandbox sees neither keys nor settings of its keeper. */
const OWN = new Set([...Object.keys(ConfigSchema.properties).filter((name) => !SHARED.has(name)), ...OF_THE_SERVER]);

export type Environment = Readonly<Record<string, string>>;

/** The environment that every process of the user starts with. `socketPath`: where it finds this server without a credential. */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  config: Config,
  socketPath?: string,
): Environment {
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
    ...(socketPath === undefined ? {} : { SANDFLEET_SOCKET: socketPath }),
  };
}

export const workspaceOf = (config: Config): string => config.WORKSPACE ?? config.HOME;
