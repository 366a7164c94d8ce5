import { ConfigError, loadConfig } from '@sandfleet/server-kit';
import { describe, expect, it } from 'vitest';

import { deniedCidrs, OperatorConfig } from './config.ts';

const NEEDED = { SANDFLEET_NAMESPACE: 'system', SANDFLEET_RUNTIME_IMAGE: 'sandfleet/runtime:1' };

describe('OperatorConfig', () => {
  it('needs the namespace and the image, and has a default for the rest', () => {
    expect(loadConfig(OperatorConfig, NEEDED)).toEqual({
      ...NEEDED,
      SANDFLEET_WATCH_NAMESPACE: '',
      SANDFLEET_INSTANCE: 'sandfleet',
      SANDFLEET_RUNTIME_IMAGE_PULL_POLICY: 'IfNotPresent',
      SANDFLEET_GATEWAY_URL: '',
      SANDFLEET_GATEWAY_DOMAIN: '',
      SANDFLEET_PUBLIC_KEYS_CONFIGMAP: 'sandfleet-public-keys',
      SANDFLEET_LEADER_ELECTION: true,
      SANDFLEET_CONCURRENCY: 8,
      SANDFLEET_DENY_CIDRS: [],
      SANDFLEET_WATCH_NODES: true,
      LOG_LEVEL: 'info',
      ADMIN_PORT: 8081,
      HOST: '0.0.0.0',
    });
  });

  const bad = [
    ['SANDFLEET_NAMESPACE', ''],
    ['SANDFLEET_RUNTIME_IMAGE', ''],
    ['SANDFLEET_RUNTIME_IMAGE_PULL_POLICY', 'Sometimes'],
    ['SANDFLEET_GATEWAY_URL', 'gateway.example'],
    ['SANDFLEET_LEADER_ELECTION', 'perhaps'],
    ['SANDFLEET_CONCURRENCY', '0'],
    ['LOG_LEVEL', 'loud'],
    ['ADMIN_PORT', 'http'],
  ] as const;
  it.for(bad)('refuses %s=%s by its name', ([name, value]) => {
    expect(() => loadConfig(OperatorConfig, { ...NEEDED, [name]: value })).toThrow(ConfigError);
    expect(() => loadConfig(OperatorConfig, { ...NEEDED, [name]: value })).toThrow(name);
  });
});

describe('deniedCidrs()', () => {
  it('reads ranges and single addresses of both families', () => {
    const config = loadConfig(OperatorConfig, { ...NEEDED, SANDFLEET_DENY_CIDRS: '10.0.0.0/8, 192.0.2.7,2001:db8::/32' });
    expect(deniedCidrs(config).map(({ text }) => text)).toEqual(['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32']);
  });

  it.for(['10.0.0.0/99', 'the office', '10.0.0.0/8/8'])('refuses "%s" rather than leave it open', (text) => {
    expect(() => deniedCidrs({ SANDFLEET_DENY_CIDRS: ['10.0.0.0/8', text] })).toThrow(ConfigError);
    expect(() => deniedCidrs({ SANDFLEET_DENY_CIDRS: [text] })).toThrow(/SANDFLEET_DENY_CIDRS holds/);
  });
});
