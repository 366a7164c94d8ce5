import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';

import { ConfigError, loadConfig } from './config.ts';

const schema = Type.Object({
  NAMESPACE: Type.String({ minLength: 1, description: 'namespace of the release' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080 }),
  VERBOSE: Type.Boolean({ default: false }),
  CIDRS: Type.Array(Type.String({ pattern: '/' }), { default: [] }),
  DOMAIN: Type.Optional(Type.String()),
});

describe('loadConfig()', () => {
  it('reads numbers, booleans and lists from text and fills in defaults', () => {
    expect(loadConfig(schema, { NAMESPACE: 'a', PORT: '1', VERBOSE: 'true', CIDRS: '10.0.0.0/8, fd00::/8,' })).toEqual({
      NAMESPACE: 'a',
      PORT: 1,
      VERBOSE: true,
      CIDRS: ['10.0.0.0/8', 'fd00::/8'],
    });
    expect(loadConfig(schema, { NAMESPACE: 'a', PORT: '' })).toEqual({ NAMESPACE: 'a', PORT: 8080, VERBOSE: false, CIDRS: [] });
  });

  it('gives an object that nobody can change', () => {
    expect(Object.isFrozen(loadConfig(schema, { NAMESPACE: 'a' }))).toBe(true);
  });

  const bad = [
    ['a missing variable', {}, /NAMESPACE is required \(namespace of the release\)/],
    ['a port that is no number', { NAMESPACE: 'a', PORT: 'http' }, /PORT /],
    ['a port out of range', { NAMESPACE: 'a', PORT: '70000' }, /PORT /],
    ['a boolean that is neither', { NAMESPACE: 'a', VERBOSE: 'maybe' }, /VERBOSE /],
    ['a list with a bad item', { NAMESPACE: 'a', CIDRS: '10.0.0.0' }, /CIDRS /],
  ] as const;
  it.for(bad)('names the variable of %s', ([, env, message]) => {
    expect(() => loadConfig(schema, env)).toThrow(ConfigError);
    expect(() => loadConfig(schema, env)).toThrow(message);
  });
});
