import { ConfigError, loadConfig } from '@sandfleet/server-kit';
import { describe, expect, it } from 'vitest';

import { childEnvironment, ConfigSchema, refuseOpenDoor } from './config.ts';

const load = (env: Record<string, string>) => loadConfig(ConfigSchema, env);

describe('childEnvironment()', () => {
  it('hands on what the user set and nothing of the server', () => {
    const env = {
      PATH: '/bin',
      MINE: 'yes',
      GITHUB_TOKEN: 'user-secret',
      JWT_PUBLIC_KEY: 'k',
      SANDBOX_API_KEY: 'k',
      AUTH_TOKEN: 'k',
      SANDFLEET_TOKEN_AUDIENCE: 'uid',
      SANDFLEET_ANYTHING: 'x',
      PUBLIC_PORT: '8080',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'debug',
      NODE_OPTIONS: '--inspect',
      MAX_SHELL_SESSIONS: '3',
      RUN_HOOK_INIT: 'a command with a secret',
      RUN_HOOK_SHUTDOWN: 'another',
      WAIT_PORTS: '8079,8091',
      WORKSPACE: '/work',
      TZ: 'Asia/Tokyo',
    };
    expect(childEnvironment(env, load({ ...env, HOME: '/home/gem' }))).toEqual({
      LANG: 'C.UTF-8',
      USER: 'gem',
      PATH: '/bin',
      MINE: 'yes',
      GITHUB_TOKEN: 'user-secret',
      HOME: '/home/gem',
      WORKSPACE: '/work',
      TZ: 'Asia/Tokyo',
    });
  });
});

describe('WAIT_PORTS', () => {
  it('is a list of ports', () => {
    expect(load({ WAIT_PORTS: '8079, 1,65535' }).WAIT_PORTS).toEqual(['8079', '1', '65535']);
  });

  it.for(['0', '65536', '99999', '-1', '80a', 'http', '8080 8081'])('refuses %s', (ports) => {
    expect(() => load({ WAIT_PORTS: ports })).toThrow(/WAIT_PORTS/);
  });
});

describe('refuseOpenDoor()', () => {
  const doors = [
    ['an audience without a key', { SANDFLEET_TOKEN_AUDIENCE: 'uid' }, /SANDFLEET_TOKEN_AUDIENCE/],
    ['an API key, which is not supported', { SANDBOX_API_KEY: 'k' }, /SANDBOX_API_KEY/],
    ["another name of the key's variable", { SANDBOX_JWT_PUBLIC_KEY: 'k' }, /SANDBOX_JWT_PUBLIC_KEY/],
  ] as const;
  it.for(doors)('refuses to start with %s', ([, env, message]) => {
    expect(() => refuseOpenDoor(load(env), env)).toThrow(ConfigError);
    expect(() => refuseOpenDoor(load(env), env)).toThrow(message);
  });

  it('lets a runtime without any guard start, as on a laptop', () => {
    expect(() => refuseOpenDoor(load({}), {})).not.toThrow();
  });
});
