import { ConfigError } from '@sandfleet/server-kit';
import { describe, expect, it } from 'vitest';

import { hasRules, initialRules } from './initial-rules.ts';
import { parseAbsoluteForm } from './request-target.ts';
import { ProxyRules } from './rules.ts';

const NONE = { PROXY_MAP: [], PROXY_EXCLUDE: [], PROXY_INCLUDE: [] };

describe('initialRules()', () => {
  it.for([
    ['PROXY_SERVER', { PROXY_SERVER: 'https://user:hunter2@p.test:1' }],
    ['PROXY_SERVER', { PROXY_SERVER: 'user:hunter2@p.test' }],
    ['PROXY_EXCLUDE', { PROXY_EXCLUDE: ['ok.test', 'hunter2 hunter2'] }],
    ['PROXY_INCLUDE', { PROXY_INCLUDE: ['http://hunter2'] }],
    ['PROXY_MAP', { PROXY_MAP: ['hunter2.test'] }],
    ['PROXY_MAP', { PROXY_MAP: ['hunter2.test=x'] }],
    ['PROXY_MAP', { PROXY_MAP: ['=3000'] }],
    ['PROXY_MAP', { PROXY_MAP: ['hunter2.test=8080'] }],
  ] as const)('refuses a bad %s by its name, without its value', ([variable, config]) => {
    const attempt = () => initialRules({ ...NONE, ...config } as Parameters<typeof initialRules>[0], (port) => port === 8080);
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(variable);
    expect(attempt).not.toThrow('hunter2');
  });

  it('tells whether there are any', () => {
    expect(hasRules(initialRules(NONE, () => false))).toBe(false);
    expect(hasRules(initialRules({ ...NONE, PROXY_INCLUDE: ['a.test'] }, () => false))).toBe(true);
  });
});

describe('ProxyRules', () => {
  const rules = new ProxyRules(
    initialRules(
      {
        PROXY_SERVER: 'up.test:3128',
        PROXY_MAP: ['*.app.test=3000', 'x.app.test=3001', 'http://x.app.test/api=3002'],
        PROXY_EXCLUDE: ['.internal', '10.0.0.0/8', 'y.app.test'],
        PROXY_INCLUDE: [],
      },
      () => false,
    ),
  );
  const kindOf = (url: string): string => {
    const destination = parseAbsoluteForm(url);
    if (destination === undefined) throw new Error(url);
    const route = rules.route(destination);
    return route.kind === 'mapping' ? route.mapping.route.target : route.kind;
  };

  it.for([
    ['http://ex.com/', 'upstream'],
    ['http://a.app.test/', '3000'],
    ['http://y.app.test/', '3000'],
    ['http://x.app.test/', '3001'],
    ['http://x.app.test/api/1', '3002'],
    ['http://a.internal/', 'direct'],
    ['http://10.1.2.3/', 'direct'],
    ['http://localhost:5000/', 'direct'],
    ['http://a.localhost/', 'direct'],
    ['http://127.8.8.8/', 'direct'],
    ['http://[::1]/', 'direct'],
    ['http://[::ffff:127.0.0.1]/', 'direct'],
    ['http://2130706433/', 'direct'],
  ] as const)('%s: %s', ([url, kind]) => {
    expect(kindOf(url)).toBe(kind);
  });
});
