import { ConfigError, loadConfig } from '@sandfleet/server-kit';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';

import { authVariables, refuseOpenDoor } from './auth-config.ts';

const load = (env: Record<string, string>) => loadConfig(Type.Object(authVariables), env);

describe('the variables of who may come in', () => {
  const bad: readonly [string, Record<string, string>, RegExp][] = [
    ['a key that can be guessed', { SANDBOX_API_KEY: 'hunter2' }, /SANDBOX_API_KEY .*16 characters/],
    ['a token that can be guessed', { AUTH_TOKEN: 'fifteen-letters' }, /AUTH_TOKEN .*16 characters/],
    ['a key that no header carries', { SANDBOX_API_KEY: 'a key of several words' }, /SANDBOX_API_KEY/],
    ['a key with a line break', { AUTH_TOKEN: 'sixteen-letters-\nand-more' }, /AUTH_TOKEN/],
    ['tickets that live for ever', { TICKET_TTL_SECONDS: '301' }, /TICKET_TTL_SECONDS/],
    ['tickets that never live', { TICKET_TTL_SECONDS: '0' }, /TICKET_TTL_SECONDS/],
    ['a trust that is none', { LOOPBACK_ACCESS: 'yes' }, /LOOPBACK_ACCESS/],
    ['a socket somewhere', { SANDFLEET_SOCKET: 'runtime.sock' }, /SANDFLEET_SOCKET/],
    ['a socket too far away', { SANDFLEET_SOCKET: `/${'x'.repeat(107)}` }, /SANDFLEET_SOCKET/],
  ];
  it.for(bad)('refuse %s, by name and without the value', ([, env, message]) => {
    expect(() => load(env)).toThrow(ConfigError);
    expect(() => load(env)).toThrow(message);
    expect(() => load(env)).not.toThrow(Object.values(env)[0] ?? '');
  });
});

describe('refuseOpenDoor()', () => {
  const doors: readonly [string, Record<string, string>, RegExp][] = [
    ['an audience without a key', { SANDFLEET_TOKEN_AUDIENCE: 'uid' }, /SANDFLEET_TOKEN_AUDIENCE/],
    ['two keys under two names of one setting', { JWT_PUBLIC_KEY: 'a', SANDBOX_JWT_PUBLIC_KEY: 'b' }, /SANDBOX_JWT_PUBLIC_KEY/],
  ];
  it.for(doors)('refuses to start with %s', ([, env, message]) => {
    expect(() => refuseOpenDoor(load(env))).toThrow(ConfigError);
    expect(() => refuseOpenDoor(load(env))).toThrow(message);
  });

  it('lets a runtime start without any guard, as on a laptop, and with one key under both names', () => {
    expect(() => refuseOpenDoor(load({}))).not.toThrow();
    expect(() => refuseOpenDoor(load({ JWT_PUBLIC_KEY: 'a\n', SANDBOX_JWT_PUBLIC_KEY: 'a' }))).not.toThrow();
  });
});
