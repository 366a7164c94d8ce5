import { ConfigError } from '@sandfleet/server-kit';
import { Type, type Static } from 'typebox';

import { parseCidr, type Cidr } from './network/cidr.ts';

/** The operator's environment; property names are the variables' names. */
export const OperatorConfig = Type.Object({
  SANDFLEET_NAMESPACE: Type.String({ minLength: 1, description: 'namespace of the release' }),
  SANDFLEET_WATCH_NAMESPACE: Type.String({ default: '', description: 'the one namespace to serve; all when empty' }),
  SANDFLEET_INSTANCE: Type.String({
    minLength: 1,
    default: 'sandfleet',
    description: "name of the release, by which the gateway's pods are known",
  }),
  SANDFLEET_RUNTIME_IMAGE: Type.String({ minLength: 1, description: 'image of sandboxes that name none' }),
  SANDFLEET_RUNTIME_IMAGE_PULL_POLICY: Type.Enum(['IfNotPresent', 'Always', 'Never'], { default: 'IfNotPresent' }),
  SANDFLEET_GATEWAY_URL: Type.String({ default: '', pattern: '^(https?://.+)?$', description: 'public base URL of the gateway' }),
  SANDFLEET_GATEWAY_DOMAIN: Type.String({ default: '', description: "the gateway's wildcard domain; path mode when empty" }),
  SANDFLEET_PUBLIC_KEYS_CONFIGMAP: Type.String({ minLength: 1, default: 'sandfleet-public-keys' }),
  SANDFLEET_LEADER_ELECTION: Type.Boolean({ default: true }),
  SANDFLEET_CONCURRENCY: Type.Integer({ default: 8, minimum: 1, maximum: 256 }),
  SANDFLEET_DENY_CIDRS: Type.Array(Type.String(), {
    default: [],
    description: 'ranges that sandboxes must not reach, as 10.0.0.0/8,2001:db8::/32',
  }),
  SANDFLEET_WATCH_NODES: Type.Boolean({ default: true, description: 'watch the nodes to deny their addresses to sandboxes' }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { default: 'info' }),
  ADMIN_PORT: Type.Integer({ default: 8081, minimum: 0, maximum: 65_535 }),
  HOST: Type.String({ default: '0.0.0.0' }),
});
export type OperatorConfig = Readonly<Static<typeof OperatorConfig>>;

/**
 * The ranges of SANDFLEET_DENY_CIDRS.
 *
 * @throws ConfigError for one that cannot be read: passed over, it would leave open what somebody meant to close.
 */
export function deniedCidrs({ SANDFLEET_DENY_CIDRS: texts }: Pick<OperatorConfig, 'SANDFLEET_DENY_CIDRS'>): readonly Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new ConfigError(`SANDFLEET_DENY_CIDRS holds "${text}", which is no range such as 10.0.0.0/8`);
    return cidr;
  });
}
