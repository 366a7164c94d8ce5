import { ApiError } from '@sandfleet/contract';
import type { Surface } from '@sandfleet/contract/control-plane';
import type { FastifyRequest } from 'fastify';

import { portOf, previewPortOf, type PreviewPort } from './preview-port.ts';

/** What a request asks for. */
export interface Target {
  readonly surface: Surface;
  /** Of a preview; `invalid` where it names no port that there is. */
  readonly port?: Exclude<PreviewPort, undefined>;
}

const BY_FIRST_SEGMENT: ReadonlyMap<string, Surface> = new Map([
  ['mcp', 'mcp'],
  ['cdp', 'cdp'],
  ['json', 'cdp'],
  ['devtools', 'cdp'],
  ['vnc', 'vnc'],
  ['vnc.html', 'vnc'],
  ['websockify', 'vnc'],
  ['code-server', 'codeServer'],
  ['jupyter', 'jupyter'],
  ['terminal', 'terminal'],
  ['codex', 'terminal'],
  ['opencode', 'terminal'],
  ['static', 'terminal'],
  ['proxy', 'preview'],
  ['absproxy', 'preview'],
]);

/**
 * The surface of the route that the router chose, which is code's and not the client's to name; a path that no route has is
 * `rest`. A request that its headers send to a port is a preview, whatever its path.
 */
export function targetOf(request: FastifyRequest): Target {
  const port = previewPortOf(request.headers);
  if (port !== undefined) return { surface: 'preview', port };
  const { url = '', config } = request.routeOptions;
  const surface = config.surface ?? surfaceOfPath(url);
  // The router's parameters are texts by name.
  const text = (request.params as Readonly<Record<string, string>> | undefined)?.['port'];
  return surface === 'preview' && text !== undefined ? { surface, port: portOf(text) } : { surface };
}

/** Of a route's pattern, or of a path that is written plainly. */
export function surfaceOfPath(path: string): Surface {
  const [first = '', second = '', third = ''] = path.split('/').slice(1);
  if (first !== 'v1') return BY_FIRST_SEGMENT.get(first) ?? 'rest';
  if (second === 'mcp') return 'mcp';
  return second === 'shell' && third === 'ws' ? 'terminal' : 'rest';
}

/**
 * Of a URL that a proxy in front asks about. There is no route here to go by, so a path that could be read in two ways has none.
 *
 * @throws ApiError BAD_PATH
 */
export function targetOfUri(uri: string): Target {
  const [path = ''] = uri.split('?', 1);
  if (!/^\/(?!\/)[\w.~!$&'()*+,=:@/-]*$/.test(path) || /\/\/|\/\.\.?(?:\/|$)/.test(path))
    throw new ApiError('BAD_PATH', { message: 'The path can be read in two ways.' });
  const surface = surfaceOfPath(path.toLowerCase());
  return surface === 'preview' ? { surface, port: portOf(path.split('/')[2] ?? '') } : { surface };
}
