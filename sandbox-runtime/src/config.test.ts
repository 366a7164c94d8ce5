import { loadConfig } from '@sandfleet/server-kit';
import { describe, expect, it } from 'vitest';

import { childEnvironment, ConfigSchema } from './config.ts';

const load = (env: Record<string, string>) => loadConfig(ConfigSchema, env);

describe('childEnvironment()', () => {
  it('hands on what the user set and nothing of the server', () => {
    const env = {
      PATH: '/bin',
      MINE: 'yes',
      GITHUB_TOKEN: 'user-secret',
      JWT_PUBLIC_KEY: 'k',
      SANDBOX_API_KEY: 'sixteen-or-more-1',
      AUTH_TOKEN: 'sixteen-or-more-2',
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

  it('tells where the server is found without a credential, whatever it was told itself', () => {
    const env = { SANDFLEET_SOCKET: '/elsewhere', TICKET_TTL_SECONDS: '3', LOOPBACK_ACCESS: 'trusted' };
    expect(childEnvironment(env, load(env))).not.toHaveProperty('SANDFLEET_SOCKET');
    const told = childEnvironment(env, load(env), '/run/mine/runtime.sock');
    expect(told).toMatchObject({ SANDFLEET_SOCKET: '/run/mine/runtime.sock' });
    expect(Object.keys(told).filter((name) => /TICKET|LOOPBACK/.test(name))).toEqual([]);
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
