import { loadConfig } from '@sandfleet/server-kit';
import type { TObject } from 'typebox';
import { describe, expect, it } from 'vitest';

import { ApiConfig } from '../../api/src/control-plane/config.ts';
import { GatewayConfig } from '../../api/src/gateway/config.ts';
import { OperatorConfig } from '../../operator/src/config.ts';
import { manifests } from './support/helm.ts';
import { containerOf, environment } from './support/manifest.ts';
import { scheduling, valueSetNames, valueSets } from './support/value-sets.ts';

const configs: Readonly<Record<string, TObject>> = { operator: OperatorConfig, api: ApiConfig, gateway: GatewayConfig };

describe.for(valueSetNames)('the environment with %s', (name) => {
  it.for(Object.keys(configs))('is what the %s reads', async (component) => {
    const schema = configs[component] as TObject;
    const env = environment(containerOf(await manifests(valueSets[name]), component));
    const extra = new Set(scheduling.extraEnv.map((variable) => variable.name));
    const unknown = Object.keys(env).filter((variable) => !(variable in schema.properties) && !extra.has(variable));
    expect(unknown).toEqual([]);
    expect(() => loadConfig(schema, env)).not.toThrow();
  });
});

describe('values', () => {
  it('arrive in the configuration as they are', async () => {
    const objects = await manifests(valueSets.everything);
    const read = <S extends TObject>(component: string, schema: S) =>
      loadConfig(schema, environment(containerOf(objects, component)));
    expect(read('operator', OperatorConfig)).toMatchObject({
      SANDFLEET_NAMESPACE: 'sandfleet-system',
      SANDFLEET_INSTANCE: 'sandfleet',
      SANDFLEET_RUNTIME_IMAGE: 'registry.example.com/team/runtime:v2',
      SANDFLEET_RUNTIME_IMAGE_PULL_POLICY: 'Never',
      SANDFLEET_CONCURRENCY: 16,
      SANDFLEET_LEADER_ELECTION: true,
      SANDFLEET_WATCH_NODES: true,
      SANDFLEET_DENY_CIDRS: ['203.0.113.0/24', '2001:db8::/32'],
      LOG_LEVEL: 'debug',
    });
    expect(read('api', ApiConfig)).toMatchObject({
      SANDFLEET_GATEWAY_URL: 'https://sandboxes.example.com',
      SANDFLEET_GATEWAY_DOMAIN: 'sandboxes.example.com',
      SANDFLEET_ISSUER: 'https://issuer.example.com',
      SANDFLEET_TOKEN_TTL_SECONDS: 60,
      SANDFLEET_TOKEN_MAX_TTL_SECONDS: 600,
      SANDFLEET_TICKET_TTL_SECONDS: 10,
    });
    expect(read('gateway', GatewayConfig)).toMatchObject({
      SANDFLEET_ISSUER: 'https://issuer.example.com',
      SANDFLEET_TOKEN_MAX_TTL_SECONDS: 600,
      SANDFLEET_KEYS_SECRET: 'sandfleet-keys',
      SANDFLEET_PATH_MODE_PAGES: 'trusted',
      SANDFLEET_TICKET_TTL_SECONDS: 10,
      SANDFLEET_SESSION_TTL_SECONDS: 120,
      SANDFLEET_DRAIN_SECONDS: 20,
    });
  });

  it('of one namespace keep the operator from asking for nodes, which it may not see', async () => {
    const env = environment(containerOf(await manifests(valueSets['one namespace']), 'operator'));
    expect(loadConfig(OperatorConfig, env)).toMatchObject({ SANDFLEET_WATCH_NAMESPACE: 'team-a', SANDFLEET_WATCH_NODES: false });
  });
});
