import { Type, type Static } from 'typebox';

import { defineContract } from '../operation.ts';
import { envelope } from './envelope.ts';

const source = Type.String({
  minLength: 1,
  maxLength: 2048,
  description:
    'What is mapped: [http(s)://]host[:port][/path]. * in the host stands for any characters; protocol and port that are left ' +
    'out are any; the path is the beginning of the path, by whole segments',
});
const target = Type.String({
  minLength: 1,
  maxLength: 2048,
  description:
    'Where it goes: [host:]port[/path], the host 127.0.0.1 when left out. A path takes the place of the path of the source; ' +
    'without one the path stays as it is',
});
const pattern = Type.String({
  minLength: 1,
  maxLength: 256,
  description:
    'A host, *.example.com (its subdomains), .example.com (itself too), an IP address, or a network such as 10.0.0.0/8',
});

export const ProxyMappingRoute = Type.Object({
  source: Type.String({ description: 'In its one form: lower case, without slashes at the end' }),
  target: Type.String(),
  source_host: Type.String({ description: 'Host of the source' }),
  source_path: Type.String({ default: '/', description: 'Path of the source' }),
  internal_port: Type.Integer({ description: 'Port of the target' }),
});
export type ProxyMappingRoute = Static<typeof ProxyMappingRoute>;

export const ProxyUpstreamInfo = Type.Object({
  addr: Type.String({ description: 'host:port' }),
  username: Type.Optional(Type.String({ description: 'When it asks for credentials' })),
  password: Type.Optional(Type.String({ description: '*** when there is one; it is never given out' })),
});
export type ProxyUpstreamInfo = Static<typeof ProxyUpstreamInfo>;

export const ProxyDiagnoseResult = Type.Object({
  url: Type.String(),
  matched_mapping: Type.Optional(ProxyMappingRoute),
  resolved_target: Type.Optional(
    Type.String({ description: 'Where the proxy connects to: host:port, and the path of a mapping' }),
  ),
  target_reachable: Type.Boolean({ default: false, description: 'Whether a connection to it could be opened just now' }),
  route: Type.Enum(['mapping', 'direct', 'upstream', 'refused'], {
    description: 'refused: a port of the sandbox’s own services, or a protocol that the proxy does not speak',
  }),
});
export type ProxyDiagnoseResult = Static<typeof ProxyDiagnoseResult>;

export const ProxyHealthCheck = Type.Object({
  healthy: Type.Boolean(),
  gost_alive: Type.Boolean({
    description: 'Whether the proxy answers; the name is that of the program published sandboxes have',
  }),
  nginx_alive: Type.Boolean({ description: 'The same: mappings are served by the proxy itself' }),
  config_consistent: Type.Boolean(),
  inconsistencies: Type.Array(Type.String()),
});
export type ProxyHealthCheck = Static<typeof ProxyHealthCheck>;

const LOOPBACK = 'The browser opens loopback addresses (localhost, 127.0.0.1) itself, without the proxy.';

export const proxyContract = defineContract({
  proxy_list_mappings: {
    method: 'GET',
    path: '/v1/proxy/mappings',
    tag: 'proxy',
    summary: 'List the mappings of hosts',
    description: 'In the order in which they are tried: the more a source says, the earlier.',
    response: envelope(Type.Array(ProxyMappingRoute)),
  },
  proxy_add_mapping: {
    method: 'POST',
    path: '/v1/proxy/mappings',
    tag: 'proxy',
    summary: 'Map a host to a port',
    description:
      'Serves a name in the browser from a server inside the sandbox, at once and without a restart of the browser. The server ' +
      'gets the name as its Host. A mapping of the same source is replaced. What comes by CONNECT (https, and WebSockets of ' +
      'browsers) is passed on as it is: its path can’t be seen, so sources with a path do not match it, and for https the ' +
      `server must speak TLS itself. Ports of the sandbox’s own services are refused. ${LOOPBACK}`,
    body: Type.Object({ source, target }),
    response: envelope(Type.Union([ProxyMappingRoute, Type.Null()])),
    errors: ['CONFLICT'],
  },
  proxy_remove_mapping: {
    method: 'DELETE',
    path: '/v1/proxy/mappings/{source}',
    tag: 'proxy',
    summary: 'Remove a mapping',
    description: 'The source is the rest of the path, slashes and all; it need not be encoded. Answers with the mapping.',
    params: Type.Object({ source }),
    response: envelope(ProxyMappingRoute),
    errors: ['NOT_FOUND'],
  },
  proxy_list_excludes: {
    method: 'GET',
    path: '/v1/proxy/excludes',
    tag: 'proxy',
    summary: 'List the patterns of hosts that are reached without the upstream proxy',
    response: envelope(Type.Array(Type.String())),
  },
  proxy_add_exclude: {
    method: 'POST',
    path: '/v1/proxy/excludes',
    tag: 'proxy',
    summary: 'Reach matching hosts without the upstream proxy',
    description:
      'Networks match addresses alone: no name is looked up to see whether it lies in one. Mappings come before excludes. ' +
      'Answers with all patterns.',
    body: Type.Object({ pattern }),
    response: envelope(Type.Union([Type.Array(Type.String()), Type.Null()])),
    errors: ['CONFLICT'],
  },
  proxy_remove_exclude: {
    method: 'DELETE',
    path: '/v1/proxy/excludes',
    tag: 'proxy',
    summary: 'Remove such a pattern',
    description: 'Answers with the patterns that are left.',
    body: Type.Object({ pattern }),
    response: envelope(Type.Array(Type.String())),
    errors: ['NOT_FOUND'],
  },
  proxy_diagnose: {
    method: 'GET',
    path: '/v1/proxy/diagnose',
    tag: 'proxy',
    summary: 'Tell which way a URL takes',
    description: `Names the rule that matches in hint and opens a connection, nothing more. ${LOOPBACK}`,
    querystring: Type.Object({
      url: Type.String({ minLength: 1, maxLength: 8192, description: 'http, https, ws or wss; http when it has no protocol' }),
    }),
    response: envelope(ProxyDiagnoseResult),
  },
  proxy_health: {
    method: 'GET',
    path: '/v1/proxy/health',
    tag: 'proxy',
    summary: 'Tell whether the proxy works',
    description: 'Starts it when nothing has needed it so far.',
    response: envelope(ProxyHealthCheck),
  },
  proxy_get_upstream: {
    method: 'GET',
    path: '/v1/proxy/upstream',
    tag: 'proxy',
    summary: 'Tell the upstream proxy',
    description: 'data is null when there is none.',
    response: envelope(Type.Union([ProxyUpstreamInfo, Type.Null()])),
  },
  proxy_set_upstream: {
    method: 'PUT',
    path: '/v1/proxy/upstream',
    tag: 'proxy',
    summary: 'Set the upstream proxy',
    description:
      'Takes effect at once, for all but mappings, excludes and loopback addresses; open connections stay. Credentials ' +
      'go to the upstream proxy alone. It replaces the one before whole, credentials too.',
    body: Type.Object({
      server: Type.String({
        minLength: 1,
        maxLength: 2048,
        description: 'HTTP proxy: [http://][user:password@]host:port; reserved characters of the two percent-encoded',
      }),
      auth_cmd: Type.Optional(
        Type.String({
          maxLength: 4096,
          description:
            'bash command that prints user:password, used instead of those in server. It runs now and whenever the upstream ' +
            'proxy asks for other credentials',
        }),
      ),
    }),
    response: envelope(Type.Union([ProxyUpstreamInfo, Type.Null()])),
  },
  proxy_remove_upstream: {
    method: 'DELETE',
    path: '/v1/proxy/upstream',
    tag: 'proxy',
    summary: 'Connect directly',
    description: 'Done also when there is no upstream proxy.',
    response: envelope(Type.Null()),
  },
  browser_proxy_pac: {
    method: 'GET',
    path: '/v1/browser/proxy.pac',
    tag: 'browser',
    summary: 'The rules as a PAC file',
    description:
      'For programs inside the sandbox that read PAC files; the browser uses the proxy without. It names the proxy ' +
      'of the sandbox, which knows the upstream proxy, never that one.',
    produces: 'application/x-ns-proxy-autoconfig',
  },
});
