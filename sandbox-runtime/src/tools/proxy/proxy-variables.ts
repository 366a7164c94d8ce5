import { Type } from 'typebox';

/** Variables of the HTTP proxy; what runs in the sandbox sees none of them, since one holds a password. */
export const proxyVariables = {
  TINYPROXY_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 8118,
    description: 'loopback port of the HTTP proxy that the browser goes through; 0 is any that is free',
  }),
  PROXY_SERVER: Type.Optional(
    Type.String({ maxLength: 2048, description: 'upstream proxy as [http://][user:password@]host:port' }),
  ),
  PROXY_EXCLUDE: Type.Array(Type.String({ maxLength: 256 }), {
    maxItems: 256,
    default: [],
    description: 'hosts that are reached without PROXY_SERVER: example.com, *.example.com, .example.com, 10.0.0.0/8',
  }),
  PROXY_INCLUDE: Type.Array(Type.String({ maxLength: 256 }), {
    maxItems: 256,
    default: [],
    description: 'hosts that alone are reached through PROXY_SERVER, in the same forms; all when left out',
  }),
  PROXY_MAP: Type.Array(Type.String({ maxLength: 4096 }), {
    maxItems: 256,
    default: [],
    description: 'hosts that servers inside the sandbox answer for, as source=target: app.test=3000',
  }),
  SANDFLEET_PROXY_CONNECTIONS: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 256,
    description: 'connections to the HTTP proxy at once',
  }),
  SANDFLEET_PROXY_CONNECT_SECONDS: Type.Number({
    minimum: 0.1,
    maximum: 600,
    default: 20,
    description: 'what a server gets to take a connection of the HTTP proxy',
  }),
  SANDFLEET_PROXY_IDLE_SECONDS: Type.Number({
    minimum: 1,
    maximum: 86_400,
    default: 1800,
    description: 'seconds without a byte after which a connection of the HTTP proxy ends',
  }),
} as const;
