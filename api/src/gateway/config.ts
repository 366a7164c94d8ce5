import { LOG_LEVELS } from '@sandfleet/server-kit';
import { Type, type Static } from 'typebox';

import { SESSION_MAX_SECONDS, TICKET_MAX_SECONDS } from '../tokens/ticket.ts';

const port = (name: string, value: number) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description: `port of ${name}` });

/** What the gateway reads from its environment. */
export const GatewayConfig = Type.Object({
  SANDFLEET_NAMESPACE: Type.String({ minLength: 1, description: 'namespace of the release' }),
  SANDFLEET_WATCH_NAMESPACE: Type.Optional(Type.String({ description: 'the one namespace with sandboxes; all when empty' })),
  SANDFLEET_ISSUER: Type.String({ default: 'sandfleet', description: 'issuer of tokens' }),
  SANDFLEET_GATEWAY_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#@]+/?$',
      description: 'public base URL of the gateway, such as https://gateway.example',
    }),
  ),
  SANDFLEET_GATEWAY_DOMAIN: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$', description: 'wildcard domain of the gateway' }),
  ),
  SANDFLEET_PATH_MODE_PAGES: Type.Enum(['isolated', 'trusted'], {
    default: 'isolated',
    description:
      'pages of sandboxes in path mode, where all share an origin: isolated from it, or trusted with it and with each other',
  }),
  SANDFLEET_KEYS_SECRET: Type.String({ default: 'sandfleet-keys', description: 'Secret with the signing keys' }),
  SANDFLEET_TOKEN_MAX_TTL_SECONDS: Type.Integer({ minimum: 1, default: 86_400, description: 'longest life of a sandbox token' }),
  SANDFLEET_TICKET_TTL_SECONDS: Type.Integer({
    minimum: 1,
    maximum: TICKET_MAX_SECONDS,
    default: 30,
    description: 'life of a ticket that is made at a sandbox’s own /tickets',
  }),
  SANDFLEET_SESSION_TTL_SECONDS: Type.Integer({
    minimum: 60,
    maximum: SESSION_MAX_SECONDS,
    default: 28_800,
    description: 'how long a page that a ticket opened stays open',
  }),
  SANDFLEET_MAX_CONNECTIONS: Type.Integer({ minimum: 1, default: 10_000, description: 'connections of clients at once' }),
  SANDFLEET_DRAIN_SECONDS: Type.Integer({
    minimum: 0,
    default: 20,
    description: 'time that requests and WebSockets have to end after SIGTERM',
  }),
  SANDFLEET_STOP_DELAY_SECONDS: Type.Integer({
    minimum: 0,
    maximum: 60,
    default: 3,
    description: 'time that the server goes on taking connections after SIGTERM, until no Service leads to it any more',
  }),
  HOST: Type.String({ default: '0.0.0.0', description: 'address to listen on' }),
  PORT: port('the gateway', 8080),
  ADMIN_PORT: port('health and metrics', 8081),
  LOG_LEVEL: Type.Enum([...LOG_LEVELS], { default: 'info', description: 'least level of log lines' }),
});
export type GatewayConfig = Readonly<Static<typeof GatewayConfig>>;
