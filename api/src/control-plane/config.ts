import { LOG_LEVELS } from '@sandfleet/server-kit';
import { Type, type Static } from 'typebox';

const PORT = { minimum: 0, maximum: 65_535 } as const;

/** The api's environment. Parsed once, at start. */
export const ApiConfig = Type.Object({
  SANDFLEET_NAMESPACE: Type.String({ description: 'namespace that sandfleet is installed in', minLength: 1, maxLength: 63 }),
  SANDFLEET_WATCH_NAMESPACE: Type.Optional(Type.String({ description: 'the one namespace to serve; all when empty' })),
  SANDFLEET_ISSUER: Type.String({ description: 'issuer in tokens', default: 'sandfleet', maxLength: 253 }),
  SANDFLEET_GATEWAY_URL: Type.Optional(
    Type.String({ description: 'public base URL of the gateway, such as http://host:30080', pattern: '^https?://[^/?#@]+/?$' }),
  ),
  SANDFLEET_GATEWAY_DOMAIN: Type.Optional(
    Type.String({ description: 'wildcard domain of the gateway', pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$' }),
  ),
  SANDFLEET_KEYS_SECRET: Type.String({ description: 'Secret of the signing keys', default: 'sandfleet-keys' }),
  SANDFLEET_PUBLIC_KEYS_CONFIGMAP: Type.String({ description: 'ConfigMap of the public keys', default: 'sandfleet-public-keys' }),
  SANDFLEET_TOKEN_TTL_SECONDS: Type.Integer({ description: 'life of a token that asks for none', default: 3600, minimum: 1 }),
  SANDFLEET_TOKEN_MAX_TTL_SECONDS: Type.Integer({
    description: 'longest life of a token',
    default: 86_400,
    minimum: 60,
    maximum: 31_536_000,
  }),
  SANDFLEET_TICKET_TTL_SECONDS: Type.Integer({
    description: 'life of a ticket that asks for none',
    default: 30,
    minimum: 1,
    maximum: 60,
  }),
  SANDFLEET_STOP_DELAY_SECONDS: Type.Integer({
    description: 'time that the server goes on serving after SIGTERM, until no Service leads to it any more',
    default: 3,
    minimum: 0,
    maximum: 60,
  }),
  PORT: Type.Integer({ default: 8080, ...PORT }),
  ADMIN_PORT: Type.Integer({ default: 8081, ...PORT }),
  HOST: Type.String({ description: 'address to listen on', default: '0.0.0.0' }),
  LOG_LEVEL: Type.Enum([...LOG_LEVELS], { default: 'info' }),
});
export type ApiConfig = Readonly<Static<typeof ApiConfig>>;
